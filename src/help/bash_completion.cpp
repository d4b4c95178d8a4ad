#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/help/command_help.h"

namespace wsel::help {
namespace {

// The parts of the script that depend on the commands.
struct Cases {
  std::string paths;    // 'analyze weights'|'datasets check'
  std::string values;   // words after an option
  std::string options;  // words that begin with a hyphen
  std::string words;    // the first other word
};

std::string Case(std::string_view key, const std::vector<std::string>& words) {
  return fmt::format("      '{}') words='{}' ;;\n", key, fmt::join(words, " "));
}

void AddCases(const CommandHelp& command, const std::string& path,
              Cases& cases) {
  std::vector<std::string> options;
  std::vector<std::string> words = SubcommandNames(command);
  for (const OptionHelp& option : command.options) {
    if (option.positional) {
      if (words.empty()) words = option.choices;
      continue;
    }
    options.push_back(option.name);
    if (option.choices.empty()) continue;
    cases.values += Case(path + " " + option.name, option.choices);
  }
  cases.options += Case(path, options);
  if (!words.empty()) cases.words += Case(path, words);
  for (const CommandHelp& subcommand : command.commands) {
    const std::string longer =
        path.empty() ? subcommand.name : path + " " + subcommand.name;
    if (!path.empty()) {
      cases.paths +=
          fmt::format("{}'{}'", cases.paths.empty() ? "" : "|", longer);
    }
    AddCases(subcommand, longer, cases);
  }
}

}  // namespace

// bash splits words at "=": of --method=l1, and of --set train.epochs=3.
std::string BashCompletion(const CommandHelp& tree) {
  Cases cases;
  AddCases(tree, "", cases);
  return fmt::format(R"(# bash completion of wsel
_wsel() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local command='' words='' prefix='' given='' equals=0 i
  if [[ $word == '=' ]]; then
    equals=$COMP_CWORD word=''
  elif [[ $before == '=' ]]; then
    equals=$((COMP_CWORD - 1))
  fi
  if ((equals > 1)); then
    before=${{COMP_WORDS[equals-1]}}
    if [[ $before != --* ]]; then
      prefix=$before= before=${{COMP_WORDS[equals-2]}}
    fi
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${{COMP_WORDS[i]}} == -* ]]; then continue; fi
    if [[ -z $command ]]; then command=${{COMP_WORDS[i]}}; continue; fi
    case "$command ${{COMP_WORDS[i]}}" in
      {}) command="$command ${{COMP_WORDS[i]}}" given='' ;;
      *) given=yes ;;
    esac
  done
  case "$command $before" in
{}  esac
  if [[ -z $words && $word == -* ]]; then
    case $command in
{}    esac
  elif [[ -z $words && -z $given && ( -z $command || $before != -* ) ]]; then
    case $command in
{}    esac
  fi
  COMPREPLY=()
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$prefix$word")) || :
    COMPREPLY=("${{COMPREPLY[@]#"$prefix"}}")
  fi
  if [[ ${{COMPREPLY[0]}} == *= ]]; then compopt -o nospace 2>/dev/null || :; fi
  return 0
}}
complete -o default -F _wsel wsel
)",
                     cases.paths, cases.values, cases.options, cases.words);
}

}  // namespace wsel::help
