#include "options.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/help/field_names.h"

namespace wsel::cli {

void AddModelName(CLI::App& command, const std::string& name,
                  std::optional<model::Config>& value,
                  const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [&value](const std::string& text) {
            value = session::NamedModel(text);
          },
          help)
      ->type_name("MODEL");
}

CLI::Option* AddPerChannel(CLI::App& command, const std::string& name,
                           std::optional<image::ChannelValues>& value,
                           const std::string& help) {
  return command
      .add_option_function<std::vector<double>>(
          name, [&value](const std::vector<double>& values) { value = values; },
          help)
      ->delimiter(',')
      ->type_name("VALUE,...");
}

void AddImageSize(CLI::App& command, std::optional<HeightWidth>& value,
                  const std::string& help) {
  command
      .add_option_function<std::string>(
          "--img-size",
          [&value](const std::string& text) {
            value = ParseHeightWidth(text, "--img-size");
          },
          help)
      ->type_name("PX");
}

void AddModelSizes(CLI::App& command, session::ModelOptions& sizes,
                   const std::string& of, bool num_heads) {
  AddImageSize(
      command, sizes.img_size,
      "Image size of " + of + ", in pixels: 224, or height x width: 192x256");
  command
      .add_option("--patch-size", sizes.patch_size,
                  "Patch size of " + of + ", in pixels")
      ->type_name("PX");
  command
      .add_option(
          "--depth", sizes.depth,
          "Number of blocks of " + of + ": 6, or 2,2,6,2 for a ConvNeXt")
      ->type_name("N[,N,N,N]");
  command
      .add_option("--embed-dim", sizes.embed_dim,
                  "Width of " + of + ": 192, or 48,96,192,384 for a ConvNeXt")
      ->type_name("N[,N,N,N]");
  if (!num_heads) return;
  command
      .add_option("--num-heads", sizes.num_heads,
                  "Number of attention heads of " + of + " (ViT)")
      ->type_name("N");
}

void AddMeanAndStd(CLI::App& command, pretrained::GivenFacts& given) {
  AddPerChannel(command, "--mean", given.mean, "Per-channel mean: 0.5,0.5,0.5")
      ->default_str(
          "that of the checkpoint, of a file beside it or of its source, else "
          "ImageNet's, averaged for grey images, and 0.5 for n channels");
  AddPerChannel(command, "--std", given.std, "Per-channel standard deviation")
      ->default_str("as --mean");
}

void AddCrop(CLI::App& command, pretrained::GivenFacts& given) {
  command
      .add_option("--crop-pct", given.crop_pct,
                  "Center crop fraction (timm's crop_pct)")
      ->check(CLI::Range(0.01, 1.0))
      ->type_name("SHARE")
      ->default_str(
          "that of the checkpoint's run or of a file beside it, else 0.875");
  AddChoice(command, "--interpolation", given.interpolation,
            image::Interpolations(),
            "Interpolation: " + image::Interpolations().Choices())
      ->default_str("as --crop-pct, else bicubic");
  AddChoice(command, "--crop-mode", given.crop_mode, image::CropModes(),
            "How images get the model's size (timm's crop_mode): " +
                image::CropModes().Choices() +
                "; auto: by the size, up to 32 px cropped only, from 384 px "
                "squash, else center")
      ->default_str("as --crop-pct, else auto");
}

void AddCopyChoice(CLI::App& command, naming::CopyChoice& copy) {
  command
      .add_option("--checkpoint-key", copy.key,
                  "Take the weights under this prefix: model, teacher.backbone")
      ->type_name("KEY");
  command.add_flag("--no-ema", copy.no_ema,
                   "Prefer the weights to their moving average (model_ema, "
                   "teacher)");
}

void AddNumHeads(CLI::App& command, int64_t& num_heads) {
  command
      .add_option("--num-heads", num_heads,
                  "Number of attention heads of the checkpoint, if it is not "
                  "known from the file or one beside it (ViT)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

void AddCheckpointModel(CLI::App& command, naming::CopyChoice& copy,
                        int64_t& num_heads,
                        std::optional<model::Config>& model) {
  AddCopyChoice(command, copy);
  AddNumHeads(command, num_heads);
  AddModelName(command, "--model", model,
               "Model of the checkpoint if it cannot be detected: a name (see "
               "wsel models) or a JSON file; it has the checkpoint's number of "
               "classes");
}

void AddCheckpointModel(CLI::App& command,
                        pretrained::CheckpointRequest& checkpoint) {
  AddCheckpointModel(command, checkpoint.copy, checkpoint.num_heads,
                     checkpoint.given.model);
}

CLI::Option* AddFile(CLI::App& command, const std::string& name,
                     std::string& value, const std::string& help) {
  return command.add_option(name, value, help)->type_name("FILE");
}

void AddDataset(CLI::App& command, data::DataOptions& data) {
  command
      .add_option("--dataset", data.name,
                  "Data set, as listed by wsel datasets")
      ->required()
      ->type_name("NAME");
  command
      .add_option("--data-root", data.root, "Folder that holds the data set")
      ->required()
      ->type_name("DIR");
  AddLabels(command, data.labels, data.multi_label);
}

void AddLabels(CLI::App& command, std::string& file,
               data::MultiLabel& multi_label) {
  AddFile(command, "--labels", file,
          "CSV of the images below the data root and their classes, for the "
          "data set folder: columns file and label, and optionally split "
          "(train, val or test)");
  AddChoice(command, "--multi-label", multi_label, data::MultiLabels(),
            "Form in which --labels gives an image several labels: " +
                data::MultiLabels().Choices() +
                "; columns: of 0 and 1 for each class; a separator: of the "
                "labels in one column; auto: what the file has");
}

void AddClasses(CLI::App& command, data::DataOptions& data) {
  command
      .add_option_function<std::string>(
          "--classes",
          [&data](const std::string& text) {
            data.classes = CsvCells(text, "--classes", ErrorKind::kUsage);
          },
          "Only these classes: cat,dog; a name with a comma is quoted: "
          "'\"bell, red\",dog'")
      ->type_name("NAME,...");
}

CLI::Option* AddSubset(CLI::App& command, data::DataOptions& data,
                       const std::string& more) {
  CLI::Option* subset =
      command
          .add_option("--subset", data.subset,
                      "Number or share of training images, with the classes' "
                      "proportions: 500, 0.1 or 10%" +
                          more)
          ->type_name("SIZE");
  command.add_flag("--subset-balanced", data.subset_balanced,
                   "Equally many images of each class in --subset");
  command.add_option("--subset-seed", data.subset_seed, "Seed of --subset")
      ->type_name("N")
      ->capture_default_str();
  return subset;
}

void AddSkipCorruptFlag(CLI::App& command, bool& skip_corrupt) {
  command.add_flag("--skip-corrupt", skip_corrupt,
                   "Skip and count images that cannot be read");
}

void AddSkipCorrupt(CLI::App& command, data::DataOptions& data) {
  AddSkipCorruptFlag(command, data.skip_corrupt);
  AddOldName(command, "--skip-broken", "--skip-corrupt", data.skip_corrupt);
}

void AddResize(CLI::App& command, std::optional<image::PassOrder>& order) {
  AddChoice(command, "--resize", order, image::PassOrders(),
            "Version of Pillow to resize images like, to the byte: " +
                image::PassOrders().Choices())
      ->default_str("that of the checkpoint's run, else pillow-13");
}

void AddWorkers(CLI::App& command, int64_t& workers) {
  command
      .add_option("--workers", workers, "Data loader threads; -1: one per core")
      ->type_name("N")
      ->capture_default_str();
}

void AddDevice(CLI::App& command, std::string& device) {
  command.add_option("--device", device, "Device: auto|cpu|cuda or cuda:1")
      ->type_name("NAME")
      ->capture_default_str();
}

void AddThreads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Compute threads; 0: one per core")
      ->type_name("N")
      ->capture_default_str();
}

void AddTrack(CLI::App& command, std::vector<run::Tracker>& trackers,
              const std::string& folder) {
  const std::string name = "--track";
  command
      .add_option_function<std::vector<std::string>>(
          name,
          [&trackers, name](const std::vector<std::string>& given) {
            for (const std::string& text : given) {
              trackers.push_back(run::Trackers().Find(text, name));
            }
          },
          "Programs to write the metrics for, into " + folder + ": " +
              run::Trackers().Choices() +
              " (an offline run, for wandb sync); a resumed run keeps those "
              "that it had")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...")
      ->default_str("tensorboard");
}

void AddDryRun(CLI::App& command, bool& dry_run) {
  command.add_flag("--dry-run", dry_run,
                   "Check the options and list missing files; compute nothing");
}

void AddJson(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print the result as JSON");
}

std::string WithOptions(std::string_view text, const CLI::App& command) {
  return help::WithOptions(text, [&](const std::string& option) {
    return command.get_option_no_throw(option) != nullptr;
  });
}

std::set<std::string> GivenFields(const CLI::App& command) {
  std::set<std::string> fields;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    for (std::string field : option->get_lnames()) {
      std::ranges::replace(field, '-', '_');
      fields.insert(std::move(field));
    }
  }
  return fields;
}

void RequireNoEmptyValue(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& value : option->results()) {
      if (!value.empty()) continue;
      throw Error(ErrorKind::kUsage, option->get_name(), "is empty");
    }
  }
}

void LogRenamed(std::string_view old_name, std::string_view new_name) {
  spdlog::warn("{} is now {}", old_name, new_name);
}

void LogOldNames(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_group().empty() || option->count() == 0) continue;
    // get_name() is empty for a hidden option.
    LogRenamed("--" + option->get_lnames().front(), option->get_description());
  }
}

}  // namespace wsel::cli
