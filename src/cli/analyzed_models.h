// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "model_args.h"
#include "wsel/image/normalisation.h"
#include "wsel/tensor/source.h"

namespace wsel::cli {

// The models that `wsel analyze` compares, as given on the command line.
struct AnalyzedModelArgs {
  std::string teacher;
  std::string teacher_model;
  std::vector<std::string> checkpoints;
  ModelArgs student;
  std::vector<std::string> methods;
  int64_t seed = 0;
  bool dry_run = false;
};

// Adds the options, which fill `args`; it must outlive the app.
void AddAnalyzedModelOptions(CLI::App& command, AnalyzedModelArgs& args);

// A model to analyse: from a file, or a student initialised in memory.
struct AnalyzedModel {
  std::string name;  // for display: "random (timm)", "vit_small"; unique
  std::string slug;  // the same as a part of a file name; also unique
  model::Config config;
  std::shared_ptr<const TensorSource> weights;  // under timm's names
  image::Normalisation normalisation;           // of its input images
  bool is_teacher = false;
};

// In the order of the paper's Figure 5: random students, the teacher, students
// selected from it, checkpoints. Without methods, students are initialised by
// `timm` and, given a teacher, by `uniform` selection. Of students, only
// tensors whose names begin with `prefix` are made.
// Errors: kUsage for no model or contradictory options; those of opening a
// checkpoint and of planning a student.
std::vector<AnalyzedModel> OpenAnalyzedModels(const AnalyzedModelArgs& args,
                                              const std::string& prefix = "");

// Checks all that can be checked without weights, and lists on stdout the
// models and the missing files. Returns the configs that are known. Errors: as
// above.
std::vector<model::Config> DryRunAnalyzedModels(const AnalyzedModelArgs& args);

}  // namespace wsel::cli
