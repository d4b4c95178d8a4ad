#include "wsel/report/printable.h"

#include <gtest/gtest.h>

namespace wsel::report {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  EXPECT_EQ(Printable("vit_tiny \u00E4\u4E2D\U0001F600 <&>"),
            "vit_tiny \u00E4\u4E2D\U0001F600 <&>");
}

TEST(Printable, TakesOutWhatSteers) {
  EXPECT_EQ(Printable("a\x1b[31mb\n\x7f"), "a [31mb  ");
  EXPECT_EQ(Printable("\u009B31m"), " 31m");  // a control in Latin-1
  EXPECT_EQ(Printable("\u202Egpj.exe\u2069"), " gpj.exe ");
  EXPECT_EQ(PrintableLines("a\nb\r", 10), "a\nb ");
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(Printable("a\xff"
                      "b\xc3"),
            "a\uFFFDb\uFFFD");
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(Printable("abcdef", 3), "abc\u2026");
  EXPECT_EQ(Printable("ab\u4E2D", 4), "ab\u2026");
  EXPECT_EQ(Printable("abc", 3), "abc");
}

}  // namespace
}  // namespace wsel::report
