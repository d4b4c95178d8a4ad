#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "wsel/help/command_help.h"

namespace wsel::help {
namespace {

using testing::HasSubstr;
using testing::Le;
using testing::Not;

OptionHelp FileOption(const std::string& name, const std::string& about) {
  OptionHelp option;
  option.name = name;
  option.description = about;
  option.group = "Model";
  option.metavar = "FILE";
  option.takes_value = true;
  return option;
}

OptionHelp HelpSwitch() {
  OptionHelp option;
  option.name = "--help";
  option.short_name = "-h";
  option.description = "Print this help, and exit";
  option.group = "Options";
  return option;
}

TEST(HelpText, IsUsageAndThenGroups) {
  OptionHelp images;
  images.name = "IMAGE";
  images.description = "Images";
  images.positional = images.takes_value = images.repeated = true;
  OptionHelp teacher = FileOption("--teacher", "Teacher checkpoint");
  teacher.required = true;
  teacher.default_value = "none";
  teacher.excludes = {"--pixels"};
  const CommandHelp command{
      "init", "Initialise a student", {HelpSwitch(), images, teacher}, {}};
  EXPECT_EQ(HelpText(command, "wsel init"),
            "Initialise a student\n"
            "\n"
            "Usage: wsel init [OPTIONS] IMAGE...\n"
            "\n"
            "Arguments:\n"
            "  IMAGE...                  Images\n"
            "\n"
            "Model:\n"
            "  --teacher FILE            Teacher checkpoint [required] "
            "[default: none] [not\n"
            "                            with --pixels]\n"
            "\n"
            "Options:\n"
            "  -h, --help                Print this help, and exit\n");
}

TEST(HelpText, ListsTheCommands) {
  CommandHelp command{"", "About", {HelpSwitch()}, {{"init", "Start", {}, {}}}};
  EXPECT_THAT(HelpText(command, "wsel"),
              HasSubstr("Usage: wsel [OPTIONS] [COMMAND]\n\nCommands:\n"
                        "  init                      Start\n\nOptions:\n"));
  command.needs_command = true;
  EXPECT_THAT(HelpText(command, "wsel"), HasSubstr("[OPTIONS] COMMAND\n"));
}

TEST(HelpText, CutsLongListsOfChoicesBehindTheirBars) {
  std::string choices = "rule-00";
  for (int i = 1; i < 20; ++i) choices += "|rule-" + std::to_string(10 + i);
  const CommandHelp command{
      "", "", {FileOption("--a-name-that-leaves-no-room", choices)}, {}};
  const std::string text = HelpText(command, "wsel");
  EXPECT_THAT(text,
              HasSubstr("no-room FILE\n                            rule"));
  EXPECT_THAT(text, HasSubstr("|\n                            rule-"));
  EXPECT_THAT(text, Not(HasSubstr("\n                            |")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line.size(), Le(80U)) << line;
  }
}

}  // namespace
}  // namespace wsel::help
