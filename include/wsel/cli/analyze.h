#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "wsel/cli/commands.h"

namespace wsel::cli {

// Each adds one kind of `wsel analyze`, with its options.
void AddAnalyzeAttention(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation);
void AddAnalyzeWeights(CLI::App& analyze, const Invocation& invocation);

// Where an analysis puts its numbers and pictures.
class AnalysisFolder {
 public:
  // Errors: kUsage where none is named; kIo where it cannot be made.
  explicit AnalysisFolder(const std::string& path);

  std::filesystem::path operator/(const std::string& file) const {
    return path_ / file;
  }

  // Draws by gnuplot; without it the numbers stand alone, and a warning says
  // what to install. Returns whether the picture is there. Errors: kIo.
  bool Draw(const std::string& file, const std::string& script) const;

 private:
  std::filesystem::path path_;
};

}  // namespace wsel::cli
