#include "wsel/core/utf8.h"

#include <gtest/gtest.h>

#include <string>

#include "wsel/checkpoint/checkpoint.h"

namespace wsel::checkpoint {
namespace {

TEST(Utf8, AcceptsWhatRfc3629Allows) {
  for (const char* text :
       {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(Utf8, RejectsEverythingElse) {
  for (const char* text :
       {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "\xE2\x82", "\xE2\x28\xA1"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

TEST(Utf8, TensorNamesAreShortAndPrintable) {
  EXPECT_TRUE(IsTensorName("blocks.0.norm1.weight"));
  EXPECT_TRUE(IsTensorName(std::string(1024, 'n')));
  EXPECT_FALSE(IsTensorName(std::string(1025, 'n')));
  EXPECT_FALSE(IsTensorName(""));
  EXPECT_FALSE(IsTensorName("a\x1b[2J"));
  EXPECT_FALSE(IsTensorName(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace wsel::checkpoint
