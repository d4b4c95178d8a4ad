#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "select/component_mapping.h"
#include "throws.h"

namespace wsel::select {
namespace {

using Map = std::vector<std::vector<int64_t>>;

TEST(MapLayers, FollowsTheRulesOfThePaper) {
  EXPECT_EQ(MapLayers({12}, {6}, "first"), (Map{{0, 1, 2, 3, 4, 5}}));
  EXPECT_EQ(MapLayers({12}, {6}, "last"), (Map{{6, 7, 8, 9, 10, 11}}));
  EXPECT_EQ(MapLayers({12}, {6}, "mid"), (Map{{3, 4, 5, 6, 7, 8}}));
  EXPECT_EQ(MapLayers({12}, {6}, "uniform"), (Map{{0, 2, 4, 6, 8, 10}}));
  EXPECT_EQ(MapLayers({9}, {6}, "mid"), (Map{{1, 2, 3, 4, 5, 6}}));
}

TEST(MapLayers, WorksStageByStage) {
  EXPECT_EQ(MapLayers({3, 3, 9, 3}, {2, 2, 6, 2}, "first"),
            (Map{{0, 1}, {0, 1}, {0, 1, 2, 3, 4, 5}, {0, 1}}));
  EXPECT_EQ(MapLayers({3, 3, 9, 3}, {2, 2, 6, 2}, "uniform"),
            (Map{{0, 2}, {0, 2}, {0, 2, 3, 5, 6, 8}, {0, 2}}));
}

TEST(MapLayers, TakesExplicitLists) {
  EXPECT_EQ(MapLayers({12}, {3}, "0,5,11"), (Map{{0, 5, 11}}));
  EXPECT_EQ(MapLayers({3, 3, 9, 3}, {1, 1, 2, 1}, "2/0/0,8/1"),
            (Map{{2}, {0}, {0, 8}, {1}}));
}

TEST(MapLayers, RejectsADeeperStudent) {
  ExpectError([] { MapLayers({6}, {12}, "first"); }, ErrorKind::kMismatch,
              {"depth", "12", "only 6"});
  ExpectError(
      [] {
        MapLayers({3, 3, 9, 3}, {3, 3, 27, 3}, "first");
      },
      ErrorKind::kMismatch, {"depth of stage 2", "27", "only 9"});
}

TEST(MapLayers, RejectsInvalidRules) {
  const auto map = [](const char* rule) {
    return [rule] { MapLayers({12}, {2}, rule); };
  };
  ExpectError(map("frist"), ErrorKind::kUsage, {"did you mean 'first'"});
  ExpectError(map("0,12"), ErrorKind::kUsage, {"'12'", "0 to 11"});
  ExpectError(map("0,1,2"), ErrorKind::kUsage, {"2 blocks", "list has 3"});
  ExpectError(map("3,3"), ErrorKind::kUsage, {"twice"});
  ExpectError(map("0,"), ErrorKind::kUsage, {"''"});
  ExpectError(map("99999999999999999999,1"), ErrorKind::kUsage,
              {"not a block"});
  ExpectError(map("0/1"), ErrorKind::kUsage, {"2 lists", "1 stages"});
}

}  // namespace
}  // namespace wsel::select
