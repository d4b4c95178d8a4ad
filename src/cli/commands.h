// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/session/program_call.h"

namespace wsel::cli {

struct TorchCommands;

// A command that computes for long: app.cpp prepares the process for it
// (training_environment.h) before it runs.
struct ComputingCommand {
  const CLI::App* command = nullptr;
  std::function<bool()> computes;  // with the options given; empty: always
};

// How the program was called.
struct Invocation {
  std::string command;  // the whole command line, quoted for a shell
  std::vector<ComputingCommand>& computing;  // commands add themselves
  const char* const* argv = nullptr;         // main's
  // Null in the program without LibTorch.
  const TorchCommands* torch_commands = nullptr;
  const CLI::App* app = nullptr;  // that parses it

  // What only the program with LibTorch can do. In the other one this executes
  // that program in its place, with the same arguments, so nothing may have
  // been printed or written yet. Errors: as ContinueWithLibTorch
  // (core/libtorch_program.h).
  const TorchCommands& Torch() const;

  // Libraries name fields where the user knows options: the place "img_size"
  // of a usage error, and `img_size` in any message (options.h), become
  // "--img-size" if the command has it.
  Error NamingOptions(const Error& e) const;
  std::string NamingOptions(std::string_view text) const;

  // For what runs on several ranks, which are this program too.
  session::ProgramCall Call() const {
    return {argv, [this](const Error& e) { return NamingOptions(e); }};
  }
};

// Each adds one command with its options; the command runs once the command
// line is parsed. `invocation` must outlive the app.
void AddInit(CLI::App& app, const Invocation& invocation);
void AddDatasets(CLI::App& app, const Invocation& invocation);
void AddInspect(CLI::App& app, const Invocation& invocation);
void AddConvert(CLI::App& app, const Invocation& invocation);
void AddExport(CLI::App& app, const Invocation& invocation);
void AddTrain(CLI::App& app, const Invocation& invocation);
void AddEval(CLI::App& app, const Invocation& invocation);
void AddAnalyze(CLI::App& app, const Invocation& invocation);
void AddPredict(CLI::App& app, const Invocation& invocation);
void AddBench(CLI::App& app, const Invocation& invocation);
void AddProbe(CLI::App& app, const Invocation& invocation);
void AddReport(CLI::App& app, const Invocation& invocation);
void AddSweep(CLI::App& app, const Invocation& invocation);
void AddModels(CLI::App& app, const Invocation& invocation);
void AddCompletion(CLI::App& app, const Invocation& invocation);
void AddMan(CLI::App& app, const Invocation& invocation);

}  // namespace wsel::cli
