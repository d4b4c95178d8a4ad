#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "wsel/core/split.h"
#include "wsel/help/command_help.h"

namespace wsel::help {
namespace {

constexpr size_t kHelpWidth = 80;
constexpr size_t kAboutColumn = 28;
// Of options that no group was given for: after the groups, if there are any.
constexpr std::string_view kUngrouped = "Options";

struct Piece {
  std::string_view text;
  bool joined;  // to the one before it, without a space
};

// The words of a text. Only a list of choices that is longer than a line,
// "uniform|first|...", is cut, behind its bars.
std::vector<Piece> PiecesOf(std::string_view text, size_t width) {
  std::vector<Piece> pieces;
  for (const std::string_view word : Split(text, ' ')) {
    size_t begin = 0;
    while (word.size() - begin > width) {
      const size_t bar = word.find('|', begin);
      if (bar == std::string_view::npos) break;
      pieces.push_back({word.substr(begin, bar + 1 - begin), begin > 0});
      begin = bar + 1;
    }
    pieces.push_back({word.substr(begin), begin > 0});
  }
  return pieces;
}

std::vector<std::string> Wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  for (const Piece& piece : PiecesOf(text, width)) {
    const std::string_view gap = piece.joined ? "" : " ";
    if (lines.empty() ||
        lines.back().size() + gap.size() + piece.text.size() > width) {
      lines.emplace_back(piece.text);
    } else {
      lines.back() += gap;
      lines.back() += piece.text;
    }
  }
  return lines;
}

// A name, and beside or, if it is long, below it what it means.
std::string Row(const std::string& name, const std::string& about) {
  std::string left = "  " + name;
  std::string row;
  if (left.size() + 2 > kAboutColumn) {
    row = left + "\n";
    left.clear();
  }
  for (const std::string& line : Wrapped(about, kHelpWidth - kAboutColumn)) {
    row += fmt::format("{:<{}}{}\n", left, kAboutColumn, line);
    left.clear();
  }
  return row;
}

std::string ArgumentName(const OptionHelp& option) {
  return option.name + (option.repeated ? "..." : "");
}

std::string OptionRow(const OptionHelp& option) {
  std::string name = option.name;
  if (!option.short_name.empty()) name = option.short_name + ", " + name;
  if (option.takes_value) name += " " + option.metavar;
  std::string about = option.description;
  if (option.required) about += " [required]";
  if (!option.default_value.empty()) {
    about += " [default: " + option.default_value + "]";
  }
  if (!option.excludes.empty()) {
    about += fmt::format(" [not with {}]", fmt::join(option.excludes, ", "));
  }
  return Row(name, about);
}

// In the order of their first options.
std::vector<std::string> GroupsOf(const CommandHelp& command) {
  std::vector<std::string> groups;
  for (const OptionHelp& option : command.options) {
    if (option.positional) continue;
    if (std::ranges::find(groups, option.group) != groups.end()) continue;
    groups.push_back(option.group);
  }
  std::stable_partition(
      groups.begin(), groups.end(),
      [](const std::string& group) { return group != kUngrouped; });
  return groups;
}

std::string UsageOf(const CommandHelp& command, const std::string& call) {
  std::string usage = "Usage: " + call + " [OPTIONS]";
  for (const OptionHelp& option : command.options) {
    if (option.positional) usage += " " + ArgumentName(option);
  }
  if (!command.commands.empty()) {
    usage += command.needs_command ? " COMMAND" : " [COMMAND]";
  }
  return usage + "\n";
}

std::string Arguments(const CommandHelp& command) {
  std::string rows;
  for (const OptionHelp& option : command.options) {
    if (!option.positional) continue;
    rows += Row(ArgumentName(option), option.description);
  }
  return rows.empty() ? "" : "\nArguments:\n" + rows;
}

}  // namespace

std::string HelpText(const CommandHelp& command, const std::string& call) {
  std::string text = fmt::format(
      "{}\n\n{}", fmt::join(Wrapped(command.description, kHelpWidth), "\n"),
      UsageOf(command, call));
  text += Arguments(command);
  if (!command.commands.empty()) text += "\nCommands:\n";
  for (const CommandHelp& subcommand : command.commands) {
    text += Row(subcommand.name, subcommand.description);
  }
  for (const std::string& group : GroupsOf(command)) {
    text += "\n" + group + ":\n";
    for (const OptionHelp& option : command.options) {
      if (option.positional || option.group != group) continue;
      text += OptionRow(option);
    }
  }
  return text;
}

std::string HelpText(const TermSection& section) {
  std::string text = "\n" + section.title + ":\n";
  for (const std::string& line : Wrapped(section.text, kHelpWidth)) {
    text += line + "\n";
  }
  for (const Term& term : section.terms) text += Row(term.term, term.meaning);
  return text;
}

}  // namespace wsel::help
