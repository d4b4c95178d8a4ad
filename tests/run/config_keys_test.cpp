#include "wsel/run/config_keys.h"

#include <gtest/gtest.h>

namespace wsel::run {
namespace {

TEST(ConfigKeys, HaveOldNames) {
  EXPECT_EQ(CurrentKey("evaluation.every"), "train.val_interval");
  EXPECT_EQ(CurrentKey("train.epochs"), "train.epochs");
  EXPECT_EQ(OldestKey("train.val_interval"), "evaluation.every");
  EXPECT_EQ(OldestKey("train.epochs"), "train.epochs");
}

TEST(ConfigKeys, MemoryAndCachesDecideNothing) {
  EXPECT_FALSE(AffectsResult("train.memory_gib"));
  EXPECT_FALSE(AffectsResult("data.cache_gib"));
  EXPECT_TRUE(AffectsResult("train.micro_batch"));
  EXPECT_TRUE(AffectsResult("train.seed"));
}

}  // namespace
}  // namespace wsel::run
