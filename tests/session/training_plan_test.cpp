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
  EXPECT_THAT(text, HasSubstr("looked at once, at the end (--validation "
                              "test: they choose)\n"));
  EXPECT_THAT(text, HasSubstr("\nweights     of the run's saved state\n"));
  EXPECT_THAT(text, Not(HasSubstr("(ImageNet's, the default")));
}

TEST(PlanText, SaysWhatChangesImagesAndWeighsClasses) {
  recipe::Recipe recipe = PlannedRecipe();
  recipe.train.transform.rand_augment = "";
  recipe.train.erasing.probability = 0;
  recipe.train.mix = {.mixup_alpha = 0, .cutmix_alpha = 0, .smoothing = 0};
  recipe.train.class_weights = train::ParseClassWeights("1,2", "w");
  const SplitSizes sizes{.train = 50'000, .test = 10'000};
  const std::string text = PlanText(recipe, sizes, {.device = "cpu"});
  EXPECT_THAT(text,
              HasSubstr("crop, hflip 0.5 (`augment` none|light|paper)\n"));
  EXPECT_THAT(text, HasSubstr("classes weighted by train.class_weights\n"));
}

TEST(PlanText, SaysWhereTheRecipeIsAndItsDefaultsCameFrom) {
  const auto last_line = [](const PlanSetting& setting) {
    const std::string text = PlanText(PlannedRecipe(), {}, setting);
    return text.substr(text.rfind('\n', text.size() - 2) + 1);
  };
  EXPECT_EQ(last_line({.device = "cpu", .config = "run/config.json"}),
            "recipe      run/config.json\n");
  EXPECT_EQ(last_line({.device = "cpu", .base = "the paper's"}),
            "recipe      the paper's\n");
  EXPECT_EQ(last_line({.device = "cpu", .config = "c", .base = "b"}),
            "recipe      c; b\n");
  EXPECT_THAT(last_line({.device = "cpu"}), HasSubstr("device "));
}

// Each accumulates its own share.
TEST(PlanText, OfSeveralRanks) {
  const auto text = [](const PlanSetting& setting) {
    return PlanText(PlannedRecipe(), {.train = 50'000, .test = 10'000},
                    setting);
  };
  const std::string cpu = text({.device = "cpu", .ranks = 5, .threads = 1});
  EXPECT_THAT(cpu, HasSubstr("\nbatch       500 = 5 ranks x 100, each 100 x 1 "
                             "accumulated\n"));
  EXPECT_THAT(cpu, HasSubstr("; 5 ranks x 1 thread\n"));
  EXPECT_THAT(text({.device = "cpu", .ranks = 5}), HasSubstr("; 5 ranks\n"));
  EXPECT_THAT(text({.device = "cuda:0", .ranks = 5, .threads = 2}),
              HasSubstr("; 5 ranks x 1 GPU\n"));
}

TEST(PlanText, SaysThatRestartsWarmUp) {
  recipe::Recipe recipe = PlannedRecipe();
  recipe.train.schedule.warmup_epochs = 1;
  recipe.train.schedule.name = optim::ScheduleName::kCosineRestarts;
  recipe.train.schedule.rewarm_epochs = 2;
  EXPECT_THAT(PlanText(recipe, {}, {.device = "cpu"}),
              HasSubstr("\nschedule    cosine-restarts: learning rate 0.004 "
                        "after 1 epoch of warmup, and of 2 at each restart\n"));
}

TEST(PlanText, OfAnUnknownNumberOfImages) {
  EXPECT_THAT(PlanText(PlannedRecipe(), {}, {.device = "cpu"}),
              HasSubstr("\nsteps       unknown without the data set\n"));
}

}  // namespace
}  // namespace wsel::session
