#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "commands.h"

namespace wsel::cli {

// Each adds one subcommand of `wsel analyze`, with its options.
void AddAnalyzeAttention(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeWeights(CLI::App& analyze, const Invocation& invocation);

// The output folder of an analysis, for tables and plots.
class AnalysisFolder {
 public:
  // Errors: kUsage for an empty path; kIo if the folder cannot be created.
  explicit AnalysisFolder(const std::string& path);

  std::filesystem::path operator/(const std::string& file) const {
    return path_ / file;
  }

  // Draws a plot with gnuplot. Without gnuplot, warns how to install it and
  // returns false. Errors: kIo.
  bool Draw(const std::string& file, const std::string& script) const;

 private:
  std::filesystem::path path_;
};

}  // namespace wsel::cli
