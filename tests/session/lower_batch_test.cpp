#include "wsel/session/lower_batch.h"

#include <gtest/gtest.h>

namespace wsel::session {
namespace {

// The paper's 512 images in groups of 64, which nothing gave.
recipe::Recipe NothingGiven() {
  recipe::Recipe recipe;
  recipe.default_batch_size = true;
  recipe.default_mixup_batch = true;
  return recipe;
}

TEST(LowerBatch, FitsTheImagesAndTheMixupGroups) {
  recipe::Recipe recipe = NothingGiven();
  LowerBatch(recipe, 512, 1);
  EXPECT_EQ(recipe.train.batch_size, 512);
  LowerBatch(recipe, 101, 1);
  EXPECT_EQ(recipe.train.batch_size, 100);
  EXPECT_EQ(recipe.train.mixup_batch, 50);
  train::Validate(recipe.train);
}

TEST(LowerBatch, IsSharedByRanksInWholeGroups) {
  recipe::Recipe recipe = NothingGiven();
  LowerBatch(recipe, 101, 4);
  EXPECT_EQ(recipe.train.batch_size, 96);
  EXPECT_EQ(recipe.train.mixup_batch, 24);
  recipe.train.micro_batch = 8;
  EXPECT_EQ(train::ShareOf(recipe.train, 3, 4).count, 24);
}

TEST(LowerBatch, FollowsWhatIsGiven) {
  recipe::Recipe recipe = NothingGiven();
  recipe.train.micro_batch = 16;
  LowerBatch(recipe, 101, 1);
  EXPECT_EQ(recipe.train.batch_size, 96);
  EXPECT_EQ(recipe.train.mixup_batch, 16);
  train::Validate(recipe.train);

  recipe = NothingGiven();
  recipe.default_mixup_batch = false;
  LowerBatch(recipe, 101, 1);
  EXPECT_EQ(recipe.train.batch_size, 64);
  EXPECT_EQ(recipe.train.mixup_batch, 64);

  recipe = NothingGiven();
  recipe.default_batch_size = false;
  LowerBatch(recipe, 101, 1);
  EXPECT_EQ(recipe.train.batch_size, 512);
}

// As training then reports.
TEST(LowerBatch, LeavesTooFewImages) {
  recipe::Recipe recipe = NothingGiven();
  LowerBatch(recipe, 1, 1);
  EXPECT_EQ(recipe.train.batch_size, 512);
  recipe.train.mix.mixup_alpha = 0;
  recipe.train.mix.cutmix_alpha = 0;
  LowerBatch(recipe, 1, 1);
  EXPECT_EQ(recipe.train.batch_size, 1);
}

TEST(LowerBatch, OfARunThatResumesIsTheRuns) {
  recipe::Recipe saved;
  saved.train.batch_size = 100;
  saved.train.mixup_batch = 50;
  recipe::Recipe recipe = NothingGiven();
  AdoptLoweredBatch(saved, recipe);
  EXPECT_EQ(recipe.train.batch_size, 100);
  EXPECT_EQ(recipe.train.mixup_batch, 50);
  recipe::Recipe given;
  AdoptLoweredBatch(saved, given);
  EXPECT_EQ(given.train.batch_size, 512);
  EXPECT_EQ(given.train.mixup_batch, 64);
}

}  // namespace
}  // namespace wsel::session
