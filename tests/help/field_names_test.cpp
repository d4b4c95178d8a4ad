#include "wsel/help/field_names.h"

#include <gtest/gtest.h>

namespace wsel::help {
namespace {

std::string Named(std::string_view text) {
  return WithOptions(text, [](const std::string& option) {
    return option == "--img-size" || option == "--head";
  });
}

TEST(OptionOf, HasHyphens) { EXPECT_EQ(OptionOf("img_size"), "--img-size"); }

TEST(WithOptions, ReplacesFieldsOfTheCommand) {
  EXPECT_EQ(Named("give `img_size`, or `head`"), "give --img-size, or --head");
}

TEST(WithOptions, KeepsFieldsThatTheCommandLacksWithoutBackticks) {
  EXPECT_EQ(Named("give `in_chans`"), "give in_chans");
}

TEST(WithOptions, KeepsOtherTextInBackticks) {
  EXPECT_EQ(Named("run `wsel init`, then `head`"),
            "run `wsel init`, then --head");
  EXPECT_EQ(Named("one ` only"), "one ` only");
  EXPECT_EQ(Named("`` and `A`"), "`` and `A`");
}

}  // namespace
}  // namespace wsel::help
