#include "wsel/session/training_steps.h"

#include <gtest/gtest.h>

#include <string>

namespace wsel::session {
namespace {

recipe::Recipe RecipeOf(const std::string& data, const std::string& root) {
  recipe::Recipe recipe;
  recipe.data.name = data;
  recipe.data.root = root;
  recipe.train.batch_size = 500;
  recipe.train.schedule.epochs = 3;
  return recipe;
}

TEST(TrainingSteps, OfAKnownDataSetNeedNoFiles) {
  TrainingSteps steps;
  EXPECT_EQ(steps.Of(RecipeOf("cifar10", "none")), 3 * 50'000 / 500);
}

TEST(TrainingSteps, OfFoldersAreCountedInThem) {
  TrainingSteps steps;
  EXPECT_EQ(steps.Of(RecipeOf("folder", "none")), 0);
  recipe::Recipe four =
      RecipeOf("folder", WSEL_SOURCE_DIR "/tests/golden/data/folders");
  four.train.batch_size = 2;
  EXPECT_EQ(steps.Of(four), 3 * 4 / 2);
  EXPECT_EQ(steps.Of(four), 3 * 4 / 2);  // without opening it again
}

}  // namespace
}  // namespace wsel::session
