// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::help {

// An option as help, completion and the man page show it.
struct OptionHelp {
  std::string name;           // "--output", or "file" if positional
  std::string short_name;     // "-v", or ""
  std::string description;    // one paragraph
  std::string default_value;  // "": none to show
  std::string group;          // the heading above it in help
  std::string metavar;        // "FILE", of the value; "" of a switch
  bool positional = false;
  bool takes_value = false;
  bool repeated = false;  // a positional that takes several words
  bool required = false;
  // Of its value; empty: unknown. One that ends in "=" is to be completed.
  std::vector<std::string> choices;
  std::vector<std::string> excludes;  // "--aa": not to be given with it
};

// A command with its options and subcommands.
struct CommandHelp {
  std::string name;
  std::string description;
  std::vector<OptionHelp> options;  // without hidden ones
  std::vector<CommandHelp> commands;
  bool needs_command = false;  // one of `commands` must follow
};

// A file, an example or another term, and what it is.
struct Term {
  std::string term;
  std::string meaning;
};

// A section of the man page after those of the commands, or of a longer help.
struct TermSection {
  std::string title;
  std::string text;  // before the terms; ""
  std::vector<Term> terms;
};

// The text of --help, at most 80 characters wide: description, usage,
// arguments, commands, and the options by group, each as
// "--name METAVAR  description [default: value]". `call` is the command as the
// user writes it: "wsel init".
std::string HelpText(const CommandHelp& command, const std::string& call);
// The section below it, laid out alike: its title, text and terms.
std::string HelpText(const TermSection& section);

std::vector<std::string> SubcommandNames(const CommandHelp& command);

// Completion scripts for the shells named. Sources: bash(1), "Programmable
// Completion"; zshcompsys(1); fish's "Writing your own completions".
std::string BashCompletion(const CommandHelp& tree);
std::string ZshCompletion(const CommandHelp& tree);
std::string FishCompletion(const CommandHelp& tree);

enum class Shell { kBash, kZsh, kFish };
const Registry<Shell>& Shells();
std::string Completion(Shell shell, const CommandHelp& tree);

// A man(1) page in man(7) macros; `footer` is the program's help footer.
std::string ManPage(const CommandHelp& tree,
                    const std::vector<TermSection>& sections,
                    const std::string& footer);

}  // namespace wsel::help
