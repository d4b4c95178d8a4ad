// wsel COMMAND --help has one form, whatever the command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run_wsel.h"

namespace wsel {
namespace {

using testing::Le;
using Words = std::vector<std::string>;

constexpr size_t kColumn = 28;

struct OptionEntry {
  std::string name;     // "--output"
  std::string metavar;  // "" of a switch
  std::string about;    // its lines, joined by spaces
};

std::string HelpOf(const TempFolder& folder, Words command) {
  command.emplace_back("--help");
  const Outcome run = RunWsel(folder, command);
  EXPECT_EQ(run.exit_code, 0) << fmt::format("{}", fmt::join(command, " "));
  return run.out;
}

// The commands that a help text lists.
Words CommandsIn(const std::string& help) {
  Words commands;
  bool here = false;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(' ')) here = line == "Commands:";
    if (!here || !line.starts_with("  ") || line[2] == ' ') continue;
    commands.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return commands;
}

// Every command with its subcommands, {} being the program itself.
std::vector<Words> EveryCommand(const TempFolder& folder) {
  std::vector<Words> all = {{}};
  for (size_t i = 0; i < all.size(); ++i) {
    for (const std::string& name : CommandsIn(HelpOf(folder, all[i]))) {
      Words longer = all[i];
      longer.push_back(name);
      all.push_back(longer);
    }
  }
  return all;
}

// A line that begins with two spaces and a hyphen begins an option.
std::vector<OptionEntry> OptionsIn(const std::string& help) {
  static const std::regex kFirst(
      R"(  (?:-[a-z], )?(--[a-z0-9-]+)(?: ([^ ]+))?(?:  +(.*))?)");
  std::vector<OptionEntry> options;
  std::istringstream lines(help);
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.starts_with("  -")) {
      EXPECT_TRUE(std::regex_match(line, match, kFirst)) << line;
      if (match.empty()) continue;
      options.push_back({match[1], match[2], match[3]});
      within = true;
    } else if (within && line.starts_with(std::string(kColumn, ' '))) {
      std::string& about = options.back().about;
      if (!about.empty()) about += ' ';
      about += line.substr(kColumn);
    } else {
      within = false;
    }
  }
  return options;
}

// Whether fish's completion, which does not read the help, expects a value
// (-r) after the option.
bool TakesValue(const std::string& fish, const Words& command,
                const std::string& option) {
  static const std::regex kValue("'( -s .)? -r( |$)");
  std::string condition;
  for (const std::string& word : command) {
    condition += (condition.empty() ? "" : "; and ") +
                 ("__fish_seen_subcommand_from " + word);
  }
  if (condition.empty()) condition = "__fish_use_subcommand";
  const std::string start = "complete -c wsel -n '" + condition;
  std::istringstream lines(fish);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(start)) continue;
    const std::string rest = line.substr(start.size());
    if (!rest.starts_with("'") && !rest.starts_with("; and not ")) continue;
    if (rest.find("' -l " + option.substr(2) + " -d '") == rest.npos) continue;
    return std::regex_search(rest, kValue);
  }
  ADD_FAILURE() << option << " has no completion";
  return false;
}

TEST(HelpOfEveryCommand, ListsThemAll) {
  const TempFolder folder;
  const auto all = EveryCommand(folder);
  EXPECT_GE(all.size(), 20U);
  EXPECT_THAT(all, testing::Contains(Words{"analyze", "features"}));
  EXPECT_THAT(all, testing::Contains(Words{"datasets", "check"}));
}

TEST(HelpOfEveryCommand, IsNoWiderThanATerminal) {
  const TempFolder folder;
  for (const Words& command : EveryCommand(folder)) {
    std::istringstream lines(HelpOf(folder, command));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_THAT(line.size(), Le(80U)) << line;
    }
  }
}

TEST(HelpOfEveryCommand, NamesTheValueOfEachOption) {
  static const std::regex kMetavar(R"([A-Z][A-Z0-9_|=,.\[\]]*)");
  // CLI11's, which show that no metavar was given.
  static const std::set<std::string> kTypes = {
      "TEXT", "INT", "UINT", "FLOAT", "NUMBER", "BOOLEAN", "ENUM", "REQUIRED"};
  const TempFolder folder;
  const std::string fish = RunWsel(folder, {"completion", "fish"}).out;
  for (const Words& command : EveryCommand(folder)) {
    SCOPED_TRACE(fmt::format("wsel {}", fmt::join(command, " ")));
    const auto options = OptionsIn(HelpOf(folder, command));
    EXPECT_FALSE(options.empty());
    for (const OptionEntry& option : options) {
      SCOPED_TRACE(option.name);
      EXPECT_EQ(!option.metavar.empty(),
                TakesValue(fish, command, option.name));
      if (option.metavar.empty()) continue;
      EXPECT_TRUE(std::regex_match(option.metavar, kMetavar)) << option.metavar;
      EXPECT_FALSE(kTypes.contains(option.metavar)) << option.metavar;
    }
  }
}

TEST(HelpOfEveryCommand, WritesDefaultsInOneForm) {
  static const std::regex kNotes(
      R"(( \[(required|default: [^\]]+|not with [^\]]+)\])+$)");
  static const std::regex kDefault(R"(\bdefault\b)", std::regex::icase);
  const TempFolder folder;
  size_t defaults = 0;
  for (const Words& command : EveryCommand(folder)) {
    SCOPED_TRACE(fmt::format("wsel {}", fmt::join(command, " ")));
    for (const OptionEntry& option : OptionsIn(HelpOf(folder, command))) {
      const std::string about = std::regex_replace(option.about, kNotes, "");
      if (about != option.about) ++defaults;
      EXPECT_FALSE(std::regex_search(about, kDefault))
          << option.name << ": " << option.about;
    }
  }
  EXPECT_GT(defaults, 50U);
}

TEST(HelpOfEveryCommand, DescribesOptionsInPhrasesThatBeginWithACapital) {
  static const std::regex kNotes(R"(( \[[^\]]+\])+$)");
  const TempFolder folder;
  for (const Words& command : EveryCommand(folder)) {
    SCOPED_TRACE(fmt::format("wsel {}", fmt::join(command, " ")));
    for (const OptionEntry& option : OptionsIn(HelpOf(folder, command))) {
      const std::string about = std::regex_replace(option.about, kNotes, "");
      ASSERT_FALSE(about.empty()) << option.name;
      const auto first = static_cast<unsigned char>(about.front());
      EXPECT_TRUE(std::isupper(first) != 0 || std::isdigit(first) != 0)
          << option.name << ": " << about;
      EXPECT_NE(about.back(), '.') << option.name << ": " << about;
    }
  }
}

}  // namespace
}  // namespace wsel
