#include "analyze.h"

#include <spdlog/spdlog.h>

#include "wsel/core/error.h"
#include "wsel/plot/gnuplot.h"

namespace wsel::cli {

AnalysisFolder::AnalysisFolder(const std::string& path) : path_(path) {
  if (path.empty()) {
    throw Error(ErrorKind::kUsage, "--output",
                "is missing: the folder for tables and plots");
  }
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) throw Error(ErrorKind::kIo, path, error.message());
}

bool AnalysisFolder::Draw(const std::string& file,
                          const std::string& script) const {
  if (plot::DrawPng(path_ / file, script)) return true;
  spdlog::warn("{}: {}; only the tables were written", (path_ / file).string(),
               plot::kGnuplotIsMissing);
  return false;
}

void AddAnalyze(CLI::App& app, const Invocation& invocation) {
  CLI::App* c = app.add_subcommand(
      "analyze", "Analyze attention, features or weights of models");
  AddAnalyzeAttention(*c, invocation);
  AddAnalyzeFeatures(*c, invocation);
  AddAnalyzeWeights(*c, invocation);
  c->callback([c] {
    if (!c->get_subcommands().empty()) return;
    throw Error(ErrorKind::kUsage, "wsel analyze",
                "needs a subcommand: attention, features or weights");
  });
}

}  // namespace wsel::cli
