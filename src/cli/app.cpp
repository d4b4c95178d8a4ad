#include "wsel/cli/app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "commands.h"
#include "options.h"
#include "wsel/core/error.h"
#include "wsel/core/shell_quote.h"
#include "wsel/core/suggest.h"
#include "wsel/core/version.h"
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

// The option in a word of the command line, "--amp" or "-b"; "": none.
std::string OptionIn(const std::string& word) {
  if (word.starts_with("--")) return word.substr(0, word.find('='));
  const bool is_short = word.size() > 1 && word[0] == '-' &&
                        std::isalpha(static_cast<unsigned char>(word[1])) != 0;
  return is_short ? word.substr(0, 2) : "";
}

// What to do instead of giving an option that the command lacks; "": not known.
std::string AdviceFor(const CLI::App& app, const CLI::App& command,
                      const std::string& option) {
  std::string dashed = option;
  std::ranges::replace(dashed, '_', '-');
  if (dashed != option && command.get_option_no_throw(dashed) != nullptr) {
    return "use " + dashed;
  }
  if (command.get_option_no_throw("--set") != nullptr) {
    const std::string advice = recipe::AdviceOn(dashed);
    if (!advice.empty()) return advice;
  }
  std::vector<std::string> others;
  for (const CLI::App* other : app.get_subcommands(nullptr)) {
    if (other->get_option_no_throw(option) == nullptr) continue;
    others.push_back("wsel " + other->get_name());
  }
  const bool is_size = option == "--img-size" || option == "--depth" ||
                       option == "--embed-dim" || option == "--patch-size";
  return is_size && !others.empty()
             ? fmt::format(
                   "the checkpoint has its own sizes; others are made "
                   "by {}",
                   fmt::join(others, ", "))
             : "";
}

// Reports what CLI11 could not parse, with the nearest known option.
[[noreturn]] void ThrowUnexpected(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  const CLI::App& last = commands.empty() ? app : *commands.front();
  const auto left = app.remaining(/*recurse=*/true);
  const std::string word = left.empty() ? "" : left.front();
  const std::string where =
      commands.empty() ? "wsel" : "wsel " + last.get_name();
  if (const std::string option = OptionIn(word); !option.empty()) {
    const std::string advice = AdviceFor(app, last, option);
    if (!advice.empty()) {
      throw Error(ErrorKind::kUsage, where, "unknown option '{}': {}", option,
                  advice);
    }
    throw Error(ErrorKind::kUsage, where,
                Unknown("option", option, OptionNames(last)));
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

Error Invocation::NamingOptions(const Error& e) const {
  const CLI::App* last = app;
  while (!last->get_subcommands().empty()) {
    last = last->get_subcommands().front();
  }
  const std::string message = WithOptions(e.message(), *last);
  const std::string option = OptionOf(e.where());
  const bool is_option = e.kind() == ErrorKind::kUsage &&
                         last->get_option_no_throw(option) != nullptr;
  return {e.kind(), is_option ? option : e.where(), message};
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
  app.set_version_flag("--version", VersionText());
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
