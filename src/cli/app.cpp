#include "wsel/cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "command_tree.h"
#include "commands.h"
#include "options.h"
#include "wsel/core/error.h"
#include "wsel/core/libtorch_program.h"
#include "wsel/core/shell_quote.h"
#include "wsel/core/suggest.h"
#include "wsel/core/version.h"
#include "wsel/help/field_names.h"
#include "wsel/help/unknown_option.h"
#include "wsel/recipe/recipe.h"
#include "wsel/session/log.h"
#include "wsel/session/training_environment.h"

namespace wsel::cli {
namespace {

constexpr const char* kAbout =
    "Initialises small vision models from larger pretrained ones (weight "
    "selection, ICLR 2024).";

constexpr const char* kFooter = R"(
Results go to stdout, logs to stderr.
Exit codes: 0 done; 2 usage; 3 configuration; 4 input or output; 5 file format;
6 mismatch of teacher, student or classes; 130 or 143 interrupted; 70 internal.)";

// What this build supports, whether or not the machine has a GPU.
// WSEL_LIBTORCH: "LibTorch 2.11.0, CPU and CUDA".
std::string VersionText() {
  return fmt::format("wsel {} ({})", Version(), WSEL_LIBTORCH);
}

// `call`: "wsel init". CLI11 has one mode more, which the program does not use.
std::string Help(const CLI::App* command, const std::string& call,
                 CLI::AppFormatMode /*mode*/) {
  return help::HelpText(CommandTree(*command), call) + command->get_footer() +
         "\n";
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

const CLI::App* LastCommand(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

// Reports what CLI11 could not parse, with the nearest known option.
[[noreturn]] void ThrowUnexpected(const CLI::App& app) {
  const CLI::App& last = *LastCommand(&app);
  const auto left = app.remaining(/*recurse=*/true);
  const std::string word = left.empty() ? "" : left.front();
  std::string where = "wsel";
  for (const CLI::App* command = &app; command != &last;) {
    command = command->get_subcommands().front();
    where += " " + command->get_name();
  }
  if (const auto option = help::OptionIn(word); !option.empty()) {
    const bool has_sets = last.get_option_no_throw("--set") != nullptr;
    throw Error(ErrorKind::kUsage, where,
                help::UnknownOption(CommandTree(app), CommandTree(last), option,
                                    [&](const std::string& other) {
                                      return has_sets ? recipe::AdviceOn(other)
                                                      : "";
                                    }));
  }
  throw Error(ErrorKind::kUsage, where,
              "unexpected argument '{}'; see {} --help", word, where);
}

// `wsel help COMMAND` is `wsel COMMAND --help`, and `wsel help recipe` what
// lists the values of a recipe.
std::vector<std::string> HelpAsOption(std::vector<std::string> args) {
  if (args.empty() || args.front() != "help") return args;
  args.erase(args.begin());
  if (args.size() == 1 && args.front() == "recipe") {
    return {"train", "--help-all"};
  }
  args.emplace_back("--help");
  return args;
}

void CheckCommand(const CLI::App& app, const std::vector<std::string>& args) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    known.push_back(command->get_name());
  }
  const auto check = [](const char* kind, const std::string& word,
                        const std::vector<std::string>& names) {
    if (std::ranges::find(names, word) != names.end()) return;
    throw Error(ErrorKind::kUsage, "", Unknown(kind, word, names));
  };
  if (args.size() == 1 && args[0].starts_with("--")) {
    check("option", args[0], OptionNames(app));
  }
  const auto word = std::ranges::find_if_not(
      args, [](const std::string& arg) { return arg.starts_with('-'); });
  if (word != args.end()) check("command", *word, known);
}

bool Computes(const ComputingCommand& c) {
  return c.command->parsed() && (!c.computes || c.computes());
}

// Fails if results could not be written, for example to a full disk.
void FlushResults() {
  std::cout.flush();
  if (std::fflush(stdout) != 0 || std::cout.fail()) {
    throw Error(ErrorKind::kIo, "stdout",
                std::generic_category().message(errno));
  }
}

void Parse(CLI::App& app, const Invocation& invocation,
           std::vector<std::string> args) {
  CheckCommand(app, args);
  std::reverse(args.begin(), args.end());  // CLI11 expects the last first
  try {
    app.parse(args);
  } catch (const CLI::Success& e) {  // help or the version
    app.exit(e);
  } catch (const CLI::ExtrasError&) {
    ThrowUnexpected(app);
  } catch (const CLI::ParseError& e) {
    throw Error(ErrorKind::kUsage, "", "{}; see wsel --help", e.what());
  } catch (const Error& e) {
    throw invocation.NamingOptions(e);
  }
}

}  // namespace

const TorchCommands& Invocation::Torch() const {
  if (torch_commands != nullptr) return *torch_commands;
  ContinueWithLibTorch(argv);
}

Error Invocation::NamingOptions(const Error& e) const {
  const CLI::App* last = LastCommand(app);
  const std::string message = WithOptions(e.message(), *last);
  const std::string option = help::OptionOf(e.where());
  const bool is_option = e.kind() == ErrorKind::kUsage &&
                         last->get_option_no_throw(option) != nullptr;
  return {e.kind(), is_option ? option : e.where(), message};
}

std::string Invocation::NamingOptions(std::string_view text) const {
  return WithOptions(text, *LastCommand(app));
}

void Run(int argc, const char* const* argv,
         const TorchCommands* torch_commands) {
  const std::vector<std::string> args =
      HelpAsOption(std::vector<std::string>(argv + 1, argv + argc));
  std::vector<std::string> words = {"wsel"};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<ComputingCommand> computing;
  Invocation invocation{ShellLine(words), computing, argv, torch_commands};

  CLI::App app(kAbout, "wsel");
  invocation.app = &app;
  app.formatter_fn(Help);
  app.set_help_flag("-h,--help", "Print this help, and exit");
  app.set_version_flag("--version", VersionText(),
                       "Print the version, and exit");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  int verbose = 0;
  int quiet = 0;
  app.add_flag("-v,--verbose", verbose, "Also log debug messages");
  app.add_flag("-q,--quiet", quiet, "Log only warnings and errors");
  app.parse_complete_callback([&] {
    session::SetUpLog(verbose - quiet);
    if (torch_commands != nullptr && std::ranges::any_of(computing, Computes)) {
      session::PrepareToCompute();
    }
  });

  for (const auto& add :
       {AddInit, AddTrain, AddEval, AddPredict, AddDatasets, AddProbe,
        AddAnalyze, AddSweep, AddInspect, AddConvert, AddExport, AddBench,
        AddReport, AddModels, AddCompletion, AddMan}) {
    add(app, invocation);
  }
  Parse(app, invocation, args);
  FlushResults();
}

}  // namespace wsel::cli
