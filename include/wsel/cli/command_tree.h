#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wsel::cli {

// An option as help, completion and the man page show it.
struct OptionText {
  std::string name;         // "--output", or "file" of a positional one
  std::string short_name;   // "-v", or ""
  std::string description;  // one paragraph
  std::string preset;       // its default, where it has one to show
  bool positional = false;
  bool takes_value = false;
  bool takes_file = false;
  std::vector<std::string> choices;  // of its value, where they are known
};

// A command with its options and, of the program itself, all commands.
struct CommandText {
  std::string name;
  std::string description;
  std::vector<OptionText> options;
  std::vector<CommandText> commands;
};

// Everything that `app` defines: the one source of what users are told about
// its command line.
CommandText CommandTree(const CLI::App& app);

// Completion scripts of `tree` for the shells named. Sources: bash(1),
// "Programmable Completion"; zshcompsys(1); fish's "Writing your own
// completions".
std::string BashCompletion(const CommandText& tree);
std::string ZshCompletion(const CommandText& tree);
std::string FishCompletion(const CommandText& tree);

// A page for man(1), in man(7)'s macros; `footer` is the program's.
std::string ManPage(const CommandText& tree, const std::string& footer);

}  // namespace wsel::cli
