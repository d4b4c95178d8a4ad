#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace wsel::cli {

// How the program was called.
struct Invocation {
  std::string command;  // the whole command line, quoted for a shell
  const char* const* argv = nullptr;
};

// Each adds one command with its options; the command runs once the command
// line is parsed. `invocation` must outlive the app.
void AddInit(CLI::App& app, const Invocation& invocation);
void AddDatasets(CLI::App& app, const Invocation& invocation);
void AddInspect(CLI::App& app, const Invocation& invocation);
void AddConvert(CLI::App& app, const Invocation& invocation);
void AddTrain(CLI::App& app, const Invocation& invocation);
void AddEval(CLI::App& app, const Invocation& invocation);
void AddAnalyze(CLI::App& app, const Invocation& invocation);
void AddProbe(CLI::App& app, const Invocation& invocation);
void AddReport(CLI::App& app, const Invocation& invocation);
void AddSweep(CLI::App& app, const Invocation& invocation);
void AddModels(CLI::App& app, const Invocation& invocation);
void AddCompletion(CLI::App& app, const Invocation& invocation);
void AddMan(CLI::App& app, const Invocation& invocation);

}  // namespace wsel::cli
