// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "commands.h"
#include "wsel/data/options.h"
#include "wsel/session/analyzed_models.h"

namespace wsel::cli {

// Each adds one subcommand of `wsel analyze`, with its options.
void AddAnalyzeAttention(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeWeights(CLI::App& analyze, const Invocation& invocation);

// Options of all of them.
struct AnalyzeArgs {
  session::AnalysisRequest models;
  bool dry_run = false;
  std::string output;
  bool json = false;
};

// Of `wsel analyze attention`.
struct AttentionArgs {
  AnalyzeArgs common;
  int64_t block = 0;
  int64_t head = 0;
};

// Of `wsel analyze features`.
struct FeaturesArgs {
  AnalyzeArgs common;
  data::DataOptions data;
};

// A few hundred images are enough for stable statistics of features.
inline constexpr int64_t kAnalyzedImages = 512;

// Adds the options of `models` and `dry_run`, and those of the output; `args`
// must outlive the app.
void AddAnalyzedModels(CLI::App& command, AnalyzeArgs& args);
void AddAnalyzeOutput(CLI::App& command, AnalyzeArgs& args,
                      const std::string& help);

// Checks all that can be checked without weights, and lists on stdout the
// models and the missing files. Returns the configs that are known. Errors: as
// session::OpenAnalyzedModels.
std::vector<model::Config> DryRunModels(
    const session::AnalysisRequest& request);

// Creates the output folder of an analysis, for tables and plots. Errors:
// kUsage for an empty path; kIo.
std::filesystem::path MakeFolder(const std::string& path);

// Draws a plot with gnuplot, or warns how to install it. Errors: kIo.
void Draw(const std::filesystem::path& file, const std::string& script);

}  // namespace wsel::cli
