#include "wsel/core/escape_text.h"

#include <gtest/gtest.h>

namespace wsel {
namespace {

TEST(EscapeText, KeepsPlainText) {
  EXPECT_EQ(EscapeText("vit_tiny \u00E4\u4E2D\U0001F600 <&>"),
            "vit_tiny \u00E4\u4E2D\U0001F600 <&>");
}

TEST(EscapeText, ReplacesControlCharacters) {
  EXPECT_EQ(EscapeText("a\x1b[31mb\n\x7f"), "a [31mb  ");
  EXPECT_EQ(EscapeText("\u009B31m"), " 31m");  // a control in Latin-1
  EXPECT_EQ(EscapeText("\u202Egpj.exe\u2069"), " gpj.exe ");
  EXPECT_EQ(EscapeLines("a\nb\r", 10), "a\nb ");
}

TEST(EscapeText, ReplacesInvalidUtf8) {
  EXPECT_EQ(EscapeText("a\xff"
                       "b\xc3"),
            "a\uFFFDb\uFFFD");
  EXPECT_EQ(EscapeText("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
}

TEST(EscapeText, TruncatesBetweenCharacters) {
  EXPECT_EQ(EscapeText("abcdef", 3), "abc\u2026");
  EXPECT_EQ(EscapeText("ab\u4E2D", 4), "ab\u2026");
  EXPECT_EQ(EscapeText("abc", 3), "abc");
}

TEST(EscapeInvalidUtf8, KeepsUtf8) {
  EXPECT_EQ(EscapeInvalidUtf8("caf\u00e9 \\ \n"), "caf\u00e9 \\ \n");
  EXPECT_EQ(EscapeInvalidUtf8("caf\xE9/\xC3"), "caf\\xE9/\\xC3");
  EXPECT_EQ(EscapeInvalidUtf8(""), "");
}

}  // namespace
}  // namespace wsel
