// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/session/analyzed_models.h"

namespace wsel::cli {

// The models that `wsel analyze` compares, as given on the command line.
struct AnalyzedModelArgs {
  std::string teacher;
  std::optional<model::Config> teacher_model;
  std::vector<std::string> checkpoints;
  std::string student;
  std::vector<std::string> methods;
  int64_t seed = 0;
  bool dry_run = false;
};

// Adds the options, which fill `args`; it must outlive the app.
void AddAnalyzedModelOptions(CLI::App& command, AnalyzedModelArgs& args);

// session::OpenAnalyzedModels. Without methods, students are initialised by
// `timm` and, given a teacher, by `uniform` selection. Errors: kUsage for no
// model or contradictory options; as there.
std::vector<session::AnalyzedModel> OpenAnalyzedModels(
    const AnalyzedModelArgs& args, const std::string& prefix = "");

// Checks all that can be checked without weights, and lists on stdout the
// models and the missing files. Returns the configs that are known. Errors: as
// above.
std::vector<model::Config> DryRunAnalyzedModels(const AnalyzedModelArgs& args);

}  // namespace wsel::cli
