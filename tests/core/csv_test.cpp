#include "wsel/core/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "throws.h"

namespace wsel {
namespace {

TEST(CsvCells, AreQuotedAsByCsvCell) {
  EXPECT_THAT(CsvCells("a,,b", ""), testing::ElementsAre("a", "", "b"));
  EXPECT_THAT(CsvCells("", ""), testing::ElementsAre(""));
  EXPECT_THAT(CsvCells("\"Pepper, bell\",\"say \"\"a\"\"\"", ""),
              testing::ElementsAre("Pepper, bell", "say \"a\""));
  ExpectError([] { CsvCells("\"a,b", "--classes", ErrorKind::kUsage); },
              ErrorKind::kUsage, {"--classes", "quotes"});
}

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
