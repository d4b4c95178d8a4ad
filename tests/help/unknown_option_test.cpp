#include "wsel/help/unknown_option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsel::help {
namespace {

using testing::HasSubstr;

CommandHelp CommandWith(const std::string& name,
                        const std::vector<std::string>& options) {
  CommandHelp command;
  command.name = name;
  for (const std::string& option : options) {
    command.options.emplace_back().name = option;
  }
  return command;
}

std::string MessageOn(const std::string& option) {
  CommandHelp program;
  program.name = "wsel";
  program.commands = {CommandWith("eval", {"--batch-size", "--labels"}),
                      CommandWith("init", {"--depth"}),
                      CommandWith("train", {"--depth", "--lr"})};
  return UnknownOption(
      program, program.commands[0], option, [](const std::string& other) {
        return other == "--num-workers" ? "use --workers N" : "";
      });
}

TEST(OptionIn, AWord) {
  EXPECT_EQ(OptionIn("--amp=1"), "--amp");
  EXPECT_EQ(OptionIn("--amp"), "--amp");
  EXPECT_EQ(OptionIn("-b64"), "-b");
  for (const char* word : {"", "-", "-1", "a-b"}) {
    EXPECT_EQ(OptionIn(word), "") << word;
  }
}

TEST(UnknownOption, SaysWhatToDoInstead) {
  EXPECT_EQ(MessageOn("--batch_size"),
            "unknown option '--batch_size': use --batch-size");
  EXPECT_EQ(MessageOn("--num_workers"),
            "unknown option '--num_workers': use --workers N");
  EXPECT_THAT(MessageOn("--depth"), HasSubstr("by wsel init, wsel train"));
  EXPECT_THAT(MessageOn("--label"), HasSubstr("did you mean '--labels'?"));
}

}  // namespace
}  // namespace wsel::help
