#include "wsel/session/training_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "wsel/model/variants.h"
#include "wsel/optim/schedule.h"

namespace wsel::session {
namespace {

using testing::HasSubstr;
using testing::Not;

recipe::Recipe PlannedRecipe() {
  recipe::Recipe recipe;
  recipe.model = model::FindVariant("vit_tiny").config;
  recipe.data.name = "cifar10";
  recipe.train.batch_size = 500;
  recipe.train.micro_batch = 100;
  recipe.train.schedule.epochs = 3;
  return recipe;
}

constexpr const char* kTestImagesChoose =
    "validation  top-1 on the test images, as in the paper "
    "(--val-split 0.1 holds out validation images)\n";

TEST(PlanText, SaysStepsBatchesAndWhatChoosesTheBestWeights) {
  const std::string text = PlanText(
      PlannedRecipe(), {.train = 50'000, .test = 10'000}, {.device = "cpu"});
  EXPECT_THAT(text, HasSubstr("\nbatch       500 = 100 x 5 accumulated\n"));
  EXPECT_THAT(text, HasSubstr("\nsteps       300 = 3 epochs x 100\n"));
  EXPECT_THAT(text, HasSubstr(kTestImagesChoose));
  EXPECT_THAT(text, HasSubstr("\nweights     random (init.method "));
  EXPECT_THAT(text, HasSubstr("(ImageNet's, the default"));
  EXPECT_THAT(text, HasSubstr("\ndevice      cpu, "));
}

TEST(PlanText, OfValidationImagesAndAResumedRun) {
  recipe::Recipe recipe = PlannedRecipe();
  recipe.data.val_split = 0.1;
  recipe.train.normalisation.mean = {0.5, 0.5, 0.5};
  const std::string text =
      PlanText(recipe, {.train = 45'000, .test = 10'000, .val = 5'000},
               {.device = "cpu", .resumes = true});
  EXPECT_THAT(text, HasSubstr("validation  top-1 on the validation images, 10 "
                              "% of the training images drawn with "
                              "data.split_seed "));
  EXPECT_THAT(text, HasSubstr("looked at once, at the end\n"));
  EXPECT_THAT(text, HasSubstr("\nweights     of the run's saved state\n"));
  EXPECT_THAT(text, Not(HasSubstr("(ImageNet's, the default")));
}

TEST(PlanText, SaysThatRestartsWarmUp) {
  recipe::Recipe recipe = PlannedRecipe();
  recipe.train.schedule.warmup_epochs = 1;
  recipe.train.schedule.name = optim::ScheduleName::kCosineRestarts;
  recipe.train.schedule.rewarm_epochs = 2;
  EXPECT_THAT(
      PlanText(recipe, {}, {.device = "cpu"}),
      HasSubstr("\nschedule    cosine-restarts: learning rate 0.004 "
                "after 1 epochs of warmup, and of 2 at each restart\n"));
}

TEST(PlanText, OfAnUnknownNumberOfImages) {
  EXPECT_THAT(PlanText(PlannedRecipe(), {}, {.device = "cpu"}),
              HasSubstr("\nsteps       unknown without the data set\n"));
}

}  // namespace
}  // namespace wsel::session
