#include <fmt/format.h>

#include <array>
#include <memory>

#include "command_tree.h"
#include "commands.h"
#include "wsel/core/registry.h"

namespace wsel::cli {
namespace {

enum class Shell { kBash, kZsh, kFish };

constexpr std::array<Registered<Shell>, 3> kShells = {{
    {Shell::kBash, "bash", ""},
    {Shell::kZsh, "zsh", ""},
    {Shell::kFish, "fish", ""},
}};
constexpr Registry<Shell> kShellNames("shell", kShells);

std::string Joined(const std::vector<std::string>& words) {
  return fmt::to_string(fmt::join(words, " "));
}

// The description up to its first punctuation, without characters that are
// special within a shell's quotes.
std::string Short(const std::string& description) {
  std::string text = description.substr(0, description.find_first_of(":;.("));
  for (char& c : text) {
    if (std::string_view("'\"[]\\$`\n").find(c) != std::string_view::npos) {
      c = ' ';
    }
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

std::vector<std::string> OptionWords(const CommandHelp& command) {
  std::vector<std::string> words;
  for (const OptionHelp& option : command.options) {
    if (!option.positional) words.push_back(option.name);
  }
  return words;
}

std::vector<std::string> CommandWords(const CommandHelp& tree) {
  std::vector<std::string> words;
  for (const CommandHelp& command : tree.commands) {
    words.push_back(command.name);
  }
  return words;
}

}  // namespace

std::string BashCompletion(const CommandHelp& tree) {
  std::string values;
  std::string options;
  for (const CommandHelp& command : tree.commands) {
    for (const OptionHelp& option : command.options) {
      if (option.choices.empty() || option.positional) continue;
      values += fmt::format("    '{} {}') words='{}' ;;\n", command.name,
                            option.name, Joined(option.choices));
    }
    options += fmt::format("    {}) words='{}' ;;\n", command.name,
                           Joined(OptionWords(command)));
  }
  return fmt::format(R"(# bash completion of wsel
_wsel() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local command='' words='' i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${{COMP_WORDS[i]}} == -* ]] || {{ command=${{COMP_WORDS[i]}}; break; }}
  done
  COMPREPLY=()
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W '{} {}' -- "$word"))
    return
  fi
  case "$command $before" in
{}  esac
  if [[ -z $words && $word == -* ]]; then
    case $command in
{}    esac
  fi
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$word")); fi
}}
complete -o default -F _wsel wsel
)",
                     Joined(CommandWords(tree)), Joined(OptionWords(tree)),
                     values, options);
}

std::string ZshCompletion(const CommandHelp& tree) {
  std::string commands;
  std::string cases;
  for (const CommandHelp& command : tree.commands) {
    commands +=
        fmt::format("    '{}:{}'\n", command.name, Short(command.description));
    cases += fmt::format("      {}) _arguments", command.name);
    for (const OptionHelp& option : command.options) {
      if (option.positional) continue;
      cases += fmt::format(
          " \\\n        '{}{}[{}]{}'", option.takes_value ? "*" : "",
          option.name, Short(option.description),
          !option.takes_value ? ""
          : option.takes_file ? ":value:_files"
                              : ":value:(" + Joined(option.choices) + ")");
    }
    cases += " \\\n        '*:file:_files' ;;\n";
  }
  return fmt::format(R"(#compdef wsel
_wsel() {{
  local -a commands=(
{}  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $words[1] in
{}    esac ;;
  esac
}}
_wsel "$@"
)",
                     commands, cases);
}

std::string FishCompletion(const CommandHelp& tree) {
  std::string script = "# fish completion of wsel\n";
  for (const CommandHelp& command : tree.commands) {
    script += fmt::format(
        "complete -c wsel -f -n __fish_use_subcommand -a {} -d '{}'\n",
        command.name, Short(command.description));
    for (const OptionHelp& option : command.options) {
      if (option.positional) continue;
      script += fmt::format(
          "complete -c wsel -n '__fish_seen_subcommand_from {}' -l {} -d '{}'",
          command.name, option.name.substr(2), Short(option.description));
      if (option.takes_value) script += " -r";
      if (!option.choices.empty()) {
        script += fmt::format(" -f -a '{}'", Joined(option.choices));
      }
      script += '\n';
    }
  }
  return script;
}

void AddCompletion(CLI::App& app, const Invocation& /*invocation*/) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* c =
      app.add_subcommand("completion", "Print a shell completion script");
  c->add_option("shell", *shell, "Shell: " + kShellNames.Choices())->required();
  c->callback([shell, &app] {
    const CommandHelp tree = CommandTree(app);
    switch (kShellNames.Find(*shell, "wsel completion")) {
      case Shell::kBash:
        return fmt::print("{}", BashCompletion(tree));
      case Shell::kZsh:
        return fmt::print("{}", ZshCompletion(tree));
      case Shell::kFish:
        return fmt::print("{}", FishCompletion(tree));
    }
  });
}

}  // namespace wsel::cli
