#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "wsel/core/shell_quote.h"
#include "wsel/help/command_help.h"

namespace wsel::help {
namespace {

// Within the brackets of an _arguments specification.
std::string Description(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '[' || c == ']') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

// What completes a value: its choices, those that end in "=" without a space
// after them, or files.
std::string Action(const OptionHelp& option) {
  if (option.choices.empty()) return "_files";
  const bool continued = std::ranges::any_of(
      option.choices,
      [](const std::string& choice) { return choice.ends_with('='); });
  const std::string words = fmt::format("{}", fmt::join(option.choices, " "));
  return continued ? "{compadd -S '' -- " + words + "}" : "(" + words + ")";
}

// The arguments of _arguments, a line each.
std::string Specifications(const CommandHelp& command) {
  std::string lines;
  const auto add = [&](const std::string& specification) {
    lines += " \\\n    " + ShellQuote(specification);
  };
  int position = 0;
  for (const OptionHelp& option : command.options) {
    if (option.positional) {
      add(fmt::format("{}:{}:{}", ++position, option.name, Action(option)));
    } else {
      add(fmt::format("{}{}[{}]{}", option.takes_value ? "*" : "", option.name,
                      Description(option.description),
                      option.takes_value ? ":value:" + Action(option) : ""));
    }
  }
  if (command.commands.empty()) add("*:file:_files");
  return lines;
}

// A function for a command, and those of its subcommands before it.
void AddFunction(const CommandHelp& command, const std::string& name,
                 std::string& script) {
  std::string names;
  std::string cases;
  for (const CommandHelp& subcommand : command.commands) {
    const std::string function = name + "_" + subcommand.name;
    AddFunction(subcommand, function, script);
    names += "    " +
             ShellQuote(subcommand.name + ":" + subcommand.description) + "\n";
    cases += fmt::format("      {}) {} ;;\n", subcommand.name, function);
  }
  if (cases.empty()) {
    script += fmt::format("{}() {{\n  _arguments{}\n}}\n", name,
                          Specifications(command));
    return;
  }
  script += fmt::format(R"({}() {{
  local context state state_descr line curcontext="$curcontext"
  typeset -A opt_args
  local -a commands=(
{}  )
  _arguments -C{} \
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
{}    esac ;;
  esac
}}
)",
                        name, names, Specifications(command), cases);
}

}  // namespace

std::string ZshCompletion(const CommandHelp& tree) {
  std::string script = "#compdef wsel\n";
  AddFunction(tree, "_wsel", script);
  return script + "_wsel \"$@\"\n";
}

}  // namespace wsel::help
