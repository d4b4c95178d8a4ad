#include <fmt/format.h>

#include "wsel/core/version.h"
#include "wsel/help/command_help.h"

namespace wsel::help {
namespace {

// Escapes what man macros would interpret.
std::string Roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '|') {
      out += "|\\:";  // lists of choices may be longer than a line
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += fmt::format("\\&{}", c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string OptionsOf(const CommandHelp& command) {
  std::string page;
  for (const OptionHelp& option : command.options) {
    std::string name = Roff(option.name);
    if (!option.short_name.empty()) {
      name = Roff(option.short_name) + ", " + name;
    }
    page += fmt::format(".TP\n\\fB{}\\fR{}\n{}{}\n", name,
                        option.takes_value && !option.positional
                            ? " \\fI" + Roff(option.metavar) + "\\fR"
                            : "",
                        Roff(option.description),
                        option.default_value.empty()
                            ? ""
                            : Roff(" [default: " + option.default_value + "]"));
  }
  return page;
}

std::string Capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

std::string TextOf(const TermSection& section) {
  std::string text = ".SH " + Capitals(section.title) + "\n";
  if (!section.text.empty()) text += Roff(section.text) + "\n";
  for (const Term& term : section.terms) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", Roff(term.term),
                        Roff(term.meaning));
  }
  return text;
}

}  // namespace

std::string ManPage(const CommandHelp& tree,
                    const std::vector<TermSection>& sections,
                    const std::string& footer) {
  std::string page = fmt::format(
      ".TH WSEL 1 \"\" \"wsel {}\" \"User Commands\"\n"
      ".ad l\n.SH NAME\nwsel \\- initialise small vision models from larger "
      "ones, and train them\n.SH SYNOPSIS\n.B wsel\n.I "
      "command\n[\\fIoptions\\fR]\n"
      ".SH DESCRIPTION\n{}\n{}",
      Roff(std::string(Version())), Roff(tree.description), OptionsOf(tree));
  for (const CommandHelp& command : tree.commands) {
    page += fmt::format(".SH {}\n\\fBwsel {}\\fR: {}\n{}",
                        Capitals(command.name), command.name,
                        Roff(command.description), OptionsOf(command));
    for (const CommandHelp& part : command.commands) {
      page += fmt::format(".SS {} {}\n{}\n{}", command.name, part.name,
                          Roff(part.description), OptionsOf(part));
    }
  }
  for (const TermSection& section : sections) page += TextOf(section);
  return page + ".SH EXIT STATUS\n" + Roff(footer) + "\n";
}

}  // namespace wsel::help
