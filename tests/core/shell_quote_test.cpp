#include "wsel/core/shell_quote.h"

#include <gtest/gtest.h>

namespace wsel {
namespace {

TEST(ShellQuote, QuotesWhatAShellWouldChange) {
  EXPECT_EQ(ShellQuote("data/a-b_c.pth"), "data/a-b_c.pth");
  EXPECT_EQ(ShellQuote("it's mine"), "'it'\\''s mine'");
  EXPECT_EQ(ShellQuote(""), "''");
}

// The result is written to JSON.
TEST(ShellQuote, TheResultIsUtf8) {
  EXPECT_EQ(ShellQuote("caf\u00e9"), "'caf\u00e9'");
  EXPECT_EQ(ShellQuote("t\xE9's \\ x"), "$'t\\xE9\\'s \\\\ x'");
}

}  // namespace
}  // namespace wsel
