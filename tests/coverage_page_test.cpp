// docs/coverage.md, by scripts/golden/coverage.py, and the blocks of it that
// other pages have. Where this fails, run
//   scripts/golden/coverage.py build/release/wsel --write

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "wsel/core/text_file.h"
#include "wsel/pretrained/published.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using Cells = std::vector<std::string>;

std::string PageText(const std::string& name) {
  return ReadText((fs::path(WSEL_SOURCE_DIR) / name).string());
}

// The lines between a block's comments; "" without them.
std::string BlockOf(const std::string& page, const std::string& name) {
  const std::string start = "<!-- coverage: " + name + " -->\n";
  const size_t at = page.find(start);
  const size_t end = page.find("<!-- end of " + name + " -->");
  if (at == std::string::npos || end == std::string::npos) return "";
  return page.substr(at + start.size(), end - at - start.size());
}

// The cells of a table's rows, without its head.
std::vector<Cells> TableRows(const std::string& block) {
  std::vector<Cells> rows;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    Cells cells;
    size_t at = line.find('|');
    for (size_t end; at != std::string::npos &&
                     (end = line.find('|', at + 1)) != std::string::npos;
         at = end) {
      const std::string cell = line.substr(at + 1, end - at - 1);
      const size_t first = cell.find_first_not_of(' ');
      cells.push_back(
          first == std::string::npos
              ? ""
              : cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
    }
    rows.push_back(cells);
  }
  if (rows.size() < 3) return {};
  return {rows.begin() + 2, rows.end()};
}

int64_t NumberIn(const std::string& cell) {
  return cell.empty() ? 0 : std::stoll(cell);
}

TEST(CoveragePage, OtherPagesHaveItsBlocks) {
  const std::string page = PageText("docs/coverage.md");
  for (const auto& [name, other] : std::map<std::string, std::string>{
           {"totals", "README.md"}, {"families", "docs/teachers.md"}}) {
    const std::string block = BlockOf(page, name);
    EXPECT_FALSE(block.empty()) << name;
    EXPECT_EQ(BlockOf(PageText(other), name), block) << other;
  }
}

// Rows: words, all, right, announced, rejected, wrong.
TEST(CoveragePage, VerdictsAddUpAndNoneIsWrong) {
  const auto rows = TableRows(BlockOf(PageText("docs/coverage.md"), "totals"));
  ASSERT_EQ(rows.size(), 5U);
  for (const Cells& row : rows) {
    ASSERT_EQ(row.size(), 6U) << testing::PrintToString(row);
    const int64_t sum = std::accumulate(
        row.begin() + 2, row.end(), int64_t{0},
        [](int64_t n, const auto& cell) { return n + NumberIn(cell); });
    EXPECT_EQ(NumberIn(row[1]), sum) << row[0];
    EXPECT_EQ(row[5], "0") << row[0];
  }
  EXPECT_EQ(NumberIn(rows[0][1]),
            static_cast<int64_t>(pretrained::PublishedTags().size()));
}

// Rows: family, "3 of 4" of timm's, of open_clip's.
TEST(CoveragePage, FamiliesAddUpToTheTotals) {
  const std::string page = PageText("docs/coverage.md");
  const auto totals = TableRows(BlockOf(page, "totals"));
  ASSERT_EQ(totals.size(), 5U);
  int64_t timm = 0;
  int64_t open_clip = 0;
  const auto all = [](const std::string& cell) {
    const size_t at = cell.find(" of ");
    return at == std::string::npos ? 0 : NumberIn(cell.substr(at + 4));
  };
  for (const Cells& row : TableRows(BlockOf(page, "families"))) {
    ASSERT_EQ(row.size(), 3U) << testing::PrintToString(row);
    timm += all(row[1]);
    open_clip += all(row[2]);
  }
  EXPECT_EQ(timm, NumberIn(totals[0][1]));
  EXPECT_EQ(open_clip, NumberIn(totals[2][1]));
}

}  // namespace
}  // namespace wsel
