// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wsel/core/height_width.h"
#include "wsel/core/registry.h"
#include "wsel/data/options.h"
#include "wsel/image/normalisation.h"
#include "wsel/image/resample.h"
#include "wsel/model/config.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/pretrained/facts.h"
#include "wsel/run/trackers.h"
#include "wsel/session/model_options.h"

namespace wsel::cli {

// Options that are parsed to their values as the command line is read, so that
// no command has to do so again. Values must outlive the app.

// An enumeration; its value is the default unless it is an optional. Errors:
// kUsage for an unknown name. Help shows each option's metavar and
// default_str, a default that is found as the command runs in words.
template <typename E, typename Value>
CLI::Option* AddChoice(CLI::App& command, const std::string& name, Value& value,
                       const Registry<E>& registry, const std::string& help) {
  CLI::Option* option = command.add_option_function<std::string>(
      name,
      [&value, &registry, name](const std::string& text) {
        value = registry.Find(text, name);
      },
      help);
  option->type_name("NAME");
  if constexpr (std::is_same_v<Value, E>) {
    option->default_str(std::string(registry.NameOf(value)));
  }
  return option;
}

// --labels and --multi-label of a data set of folders.
void AddLabels(CLI::App& command, std::string& file,
               data::MultiLabel& multi_label);

// A model: a variant's name or a JSON file. Errors: as session::NamedModel.
void AddModelName(CLI::App& command, const std::string& name,
                  std::optional<model::Config>& value, const std::string& help);

// One value per channel, "0.5,0.5,0.5", or one for all: "0.5".
CLI::Option* AddPerChannel(CLI::App& command, const std::string& name,
                           std::optional<image::ChannelValues>& value,
                           const std::string& help);

// Of images: a side, "224", or height x width, "192x256".
void AddImageSize(CLI::App& command, std::optional<HeightWidth>& value,
                  const std::string& help);

// --img-size, --patch-size, --depth and --embed-dim, and --num-heads unless
// another model of the command has that option, of the model that `of` names:
// "the student". The names are the same in every command that builds a model.
void AddModelSizes(CLI::App& command, session::ModelOptions& sizes,
                   const std::string& of, bool num_heads = true);

// --mean and --std of a model's images.
void AddMeanAndStd(CLI::App& command, pretrained::GivenFacts& given);
// --crop-pct, --interpolation and --crop-mode of evaluation.
void AddCrop(CLI::App& command, pretrained::GivenFacts& given);

// --checkpoint-key and --no-ema, of a checkpoint with several copies.
void AddCopyChoice(CLI::App& command, naming::CopyChoice& copy);

// --num-heads, of a checkpoint that does not show it; 0: not given.
void AddNumHeads(CLI::App& command, int64_t& num_heads);

// AddCopyChoice, AddNumHeads and --model, of commands that take one checkpoint.
void AddCheckpointModel(CLI::App& command, naming::CopyChoice& copy,
                        int64_t& num_heads,
                        std::optional<model::Config>& model);
void AddCheckpointModel(CLI::App& command,
                        pretrained::CheckpointRequest& checkpoint);

// The name of a file.
CLI::Option* AddFile(CLI::App& command, const std::string& name,
                     std::string& value, const std::string& help);

// Options that several commands have. --dataset and --data-root:
void AddDataset(CLI::App& command, data::DataOptions& data);
void AddClasses(CLI::App& command, data::DataOptions& data);
// --subset, with `more` at the end of its help, --subset-balanced and
// --subset-seed.
CLI::Option* AddSubset(CLI::App& command, data::DataOptions& data,
                       const std::string& more = "");
void AddSkipCorruptFlag(CLI::App& command, bool& skip_corrupt);
// And its old name.
void AddSkipCorrupt(CLI::App& command, data::DataOptions& data);
// --resize, how images are resized.
void AddResize(CLI::App& command, std::optional<image::PassOrder>& order);
void AddWorkers(CLI::App& command, int64_t& workers);
void AddDevice(CLI::App& command, std::string& device);
void AddThreads(CLI::App& command, int& threads);
// --track, the programs that a run's metrics are written for, into `folder`.
void AddTrack(CLI::App& command, std::vector<run::Tracker>& trackers,
              const std::string& folder);
void AddDryRun(CLI::App& command, bool& dry_run);
void AddJson(CLI::App& command, bool& json);

// As help::WithOptions, with the options of the command.
std::string WithOptions(std::string_view text, const CLI::App& command);

// Names of the fields of the options that are on a command's line:
// "num_classes" of --num-classes.
std::set<std::string> GivenFields(const CLI::App& command);

// Errors: kUsage for an empty value, most likely an unset variable of a shell
// script.
void RequireNoEmptyValue(const CLI::App& command);

// Logs "--batch is now --batch-size".
void LogRenamed(std::string_view old_name, std::string_view new_name);

// Adds the old name of a renamed option, which sets the same value and is
// hidden from help and completion.
template <typename T>
CLI::Option* AddOldName(CLI::App& command, const std::string& old_name,
                        const std::string& new_name, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return command.add_flag(old_name, value, new_name)->group("");
  } else {
    return command.add_option(old_name, value, new_name)->group("");
  }
}

// Calls LogRenamed for the old names on a command's line. To be called by the
// command, when logging is set up.
void LogOldNames(const CLI::App& command);

}  // namespace wsel::cli
