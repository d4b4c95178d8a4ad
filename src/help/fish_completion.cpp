#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "wsel/help/command_help.h"

namespace wsel::help {
namespace {

// In single quotes, as fish reads them.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string Words(const std::vector<std::string>& words) {
  return Quoted(fmt::format("{}", fmt::join(words, " ")));
}

void AddOptions(const CommandHelp& command, const std::string& here,
                std::string& script) {
  const auto positional = std::ranges::count_if(
      command.options, [](const OptionHelp& o) { return o.positional; });
  for (const OptionHelp& option : command.options) {
    if (option.positional) {
      if (option.choices.empty()) continue;
      // Other words may be files.
      script += fmt::format("{}{} -a {}\n", here, positional == 1 ? " -f" : "",
                            Words(option.choices));
      continue;
    }
    script += fmt::format("{} -l {} -d {}", here, option.name.substr(2),
                          Quoted(option.description));
    if (!option.short_name.empty()) {
      script += " -s " + option.short_name.substr(1);
    }
    if (option.takes_value) script += " -r";
    if (!option.choices.empty()) script += " -f -a " + Words(option.choices);
    script += '\n';
  }
}

// `seen`: the condition that the command is on the line.
void AddCommand(const CommandHelp& command, const std::string& seen,
                std::string& script) {
  std::string here = seen;
  if (!command.commands.empty() && !seen.empty()) {
    here += fmt::format("; and not __fish_seen_subcommand_from {}",
                        fmt::join(SubcommandNames(command), " "));
  }
  if (here.empty()) here = "__fish_use_subcommand";
  const std::string line = fmt::format("complete -c wsel -n '{}'", here);
  AddOptions(command, line, script);
  for (const CommandHelp& subcommand : command.commands) {
    script += fmt::format("{} -f -a {} -d {}\n", line, subcommand.name,
                          Quoted(subcommand.description));
    AddCommand(subcommand,
               fmt::format("{}{}__fish_seen_subcommand_from {}", seen,
                           seen.empty() ? "" : "; and ", subcommand.name),
               script);
  }
}

}  // namespace

std::string FishCompletion(const CommandHelp& tree) {
  std::string script = "# fish completion of wsel\n";
  AddCommand(tree, "", script);
  return script;
}

}  // namespace wsel::help
