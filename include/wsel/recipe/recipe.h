// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/data/options.h"
#include "wsel/model/config.h"
#include "wsel/model/init.h"
#include "wsel/train/options.h"

namespace wsel::recipe {

// Where the weights start.
struct Start {
  std::string file;  // a checkpoint of the model's architecture; "": none
  // Or by weight selection from the teacher, as `wsel init` does: "uniform" and
  // so on; "": not. The teacher's layers as in select/options.h.
  std::string select;
  std::string layers = "first";
  std::string heads = "flat";
  std::vector<std::string> skip;
  // Draws all weights, or with a file a head of other classes.
  model::Initializer method = model::Initializer::kTimm;
};

// The network that selection takes weights from, distillation answers, or both.
struct TeacherFile {
  std::string file;     // a checkpoint, or a TorchScript module; "": none
  std::string digest;   // SHA-256 of the file; "": filled in by the run
  bool script = false;  // run the file's TorchScript, whatever its tensors are
  // Of the pictures that it expects; empty: what its file says, else as the
  // student's.
  std::vector<double> mean;
  std::vector<double> std;
  int64_t img_size = 0;  // 0: its own; the student's for TorchScript
  train::Precision precision = train::Precision::kAuto;
};

// A training as its configuration file says it, all defaults filled in.
struct Recipe {
  std::string about;
  model::Config model;
  // Where the file says them; else they are the data set's.
  std::optional<int64_t> num_classes;
  Start init;
  TeacherFile teacher;
  data::DataOptions data;
  train::Options train;
};

// Reads a configuration: sections model, init, teacher, distill, data, augment,
// erasing, mix, train, optimizer, evaluation, and a text "about". What is
// missing has the default of the option structs. model.name is a variant of
// `wsel models`, and the section's other keys override its fields. `sets` are
// overrides
// ("optimizer.lr=1e-3"; the value is JSON, or else a string), the last one
// counts. Image sizes and fill colours follow model and data.
// Errors: kConfig with the path of what is unknown (and the nearest known), of
// another type, or out of range; kUsage for an override that is none.
Recipe RecipeFromJson(std::string_view text, std::string_view where,
                      const std::vector<std::string>& sets = {});

// Every value, as RecipeFromJson reads it; two blanks of indentation.
std::string ToJson(const Recipe& recipe);

// The same as a file to train by: the number of classes is left out where the
// data set is to say it.
std::string ToRecipeFile(const Recipe& recipe);

// Where two recipes differ in what decides the numbers of a run, a line each:
// "optimizer.lr: 0.002, now 0.001". Paths, threads, caches and how often a run
// is saved decide nothing.
std::vector<std::string> Differences(const Recipe& before, const Recipe& now);

// The values that decide the numbers of a run and the files that it starts
// from and learns from, as JSON: equal for runs that would be the same.
std::string Identity(const Recipe& recipe);

}  // namespace wsel::recipe
