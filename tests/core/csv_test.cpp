#include "wsel/core/csv.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wsel {
namespace {

TEST(CsvCell, QuotesSeparators) {
  EXPECT_EQ(CsvCell("plain text"), "plain text");
  EXPECT_EQ(CsvCell("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvCell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(CsvCell("say \"a\""), "\"say \"\"a\"\"\"");
}

TEST(CsvCell, NumbersRoundTrip) {
  EXPECT_EQ(CsvCell(0.1), "0.1");
  EXPECT_EQ(CsvCell(1e-20), "1e-20");
  EXPECT_EQ(CsvCell(std::nan("")), "");
}

}  // namespace
}  // namespace wsel
