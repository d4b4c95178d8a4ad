#include "wsel/recipe/base_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "throws.h"
#include "wsel/recipe/recipe.h"

namespace wsel::recipe {
namespace {

constexpr const char* kOnlyModel = R"({"model": {"name": "vit_tiny"}})";

// As wsel train reads it: with the base's values below the overrides.
train::Options Based(const std::vector<std::string>& sets,
                     std::optional<int64_t> epochs = {},
                     BaseRecipe base = BaseRecipe::kFinetune) {
  const std::string text = WithBase(kOnlyModel, "r.json", sets, base);
  return RecipeFromJson(text, "r.json", sets, epochs).train;
}

TEST(BaseRecipe, FinetuneHasAShortTrainingWithLightAugmentation) {
  const train::Options options = Based({});
  EXPECT_EQ(options.schedule.epochs, 30);
  EXPECT_EQ(options.schedule.warmup_epochs, 5);
  EXPECT_EQ(options.schedule.lr, 2e-4);
  EXPECT_EQ(options.batch_size, 64);
  EXPECT_EQ(options.fine_tune.layer_decay, 0.75);
  EXPECT_EQ(options.transform.rand_augment, "");
  EXPECT_EQ(options.transform.hflip, 0.5);
  EXPECT_EQ(options.mix.mixup_alpha, 0);
  EXPECT_EQ(options.mix.cutmix_alpha, 0);
  EXPECT_EQ(options.erasing.probability, 0);
}

TEST(BaseRecipe, WhatIsGivenStays) {
  const train::Options options =
      Based({"optimizer.lr=1e-3", "train.batch_size=8", "mix.mixup_alpha=0.8",
             "train.mixup_batch=4"});
  EXPECT_EQ(options.schedule.lr, 1e-3);
  EXPECT_EQ(options.batch_size, 8);
  EXPECT_EQ(options.mix.mixup_alpha, 0.8);
  EXPECT_EQ(options.schedule.epochs, 30);
}

TEST(BaseRecipe, TheWarmupHasItsShareOfTheEpochs) {
  EXPECT_EQ(Based({"train.epochs=60"}).schedule.warmup_epochs, 10);
  EXPECT_EQ(Based({"train.epochs=1"}).schedule.warmup_epochs, 0);
  EXPECT_EQ(Based({}, 12).schedule.warmup_epochs, 2);
  EXPECT_EQ(Based({"train.epochs=60", "train.warmup_epochs=3"})
                .schedule.warmup_epochs,
            3);
}

TEST(BaseRecipe, AClassifierOnAFrozenBackboneLearnsFaster) {
  const std::string frozen = R"(train.freeze=["backbone"])";
  EXPECT_EQ(Based({frozen}).schedule.lr, 2e-3);
  EXPECT_EQ(Based({frozen, "optimizer.lr=1e-3"}).schedule.lr, 1e-3);
  EXPECT_EQ(Based({R"(train.freeze=["stem"])"}).schedule.lr, 2e-4);
}

TEST(BaseRecipe, ThePapersIsTheDefault) {
  EXPECT_EQ(WithBase(kOnlyModel, "r.json", {}, BaseRecipe::kPaper), kOnlyModel);
  EXPECT_EQ(Based({}, {}, BaseRecipe::kPaper).schedule.epochs, 300);
}

TEST(BaseRecipe, ReportsBadValuesAsTheReaderDoes) {
  ExpectError([] { BaseRecipes().Find("finetun", "recipe"); },
              ErrorKind::kUsage, {"did you mean 'finetune'?"});
  for (const char* set : {"train.epochs=many", "train.epochs=0",
                          "train.epochs=1.5", "train.freeze=backbone"}) {
    ExpectError([&] { Based({set}); }, ErrorKind::kConfig, {"train."});
  }
}

TEST(GivenValue, IsOfTheFileOrTheOverrides) {
  const auto of = [](const char* path) {
    return GivenValue(R"({"train": {"seed": 3}})", "r.json",
                      {"optimizer.lr=0.1"}, path);
  };
  EXPECT_EQ(of("train.seed"), "3");
  EXPECT_EQ(of("optimizer.lr"), "0.1");
  EXPECT_EQ(of("train.epochs"), "");
  EXPECT_EQ(of("schedule.name"), "");
}

TEST(AdviceOn, OptionsOfOtherPrograms) {
  EXPECT_EQ(AdviceOn("--clip-grad"), "use --set train.clip_grad=VALUE");
  EXPECT_EQ(AdviceOn("--bce-loss"), "use --loss NAME");
  EXPECT_EQ(AdviceOn("--data-dir"), "use --data-root DIR");
  EXPECT_EQ(AdviceOn("-b"), "use --batch-size N");
  EXPECT_THAT(AdviceOn("--amp"), testing::HasSubstr("--precision"));
  EXPECT_THAT(AdviceOn("--model-ema"), testing::HasSubstr("train.ema_decay"));
  EXPECT_EQ(AdviceOn("--frobnicate"), "");
}

// The table has no row of an option that wsel train has.
TEST(AdviceOn, IsNotAboutOptionsThatExist) {
  for (const Field& field : Fields()) {
    if (field.flag.empty()) continue;
    EXPECT_THAT(AdviceOn(field.flag),
                testing::AnyOf("", testing::StartsWith("use --set ")))
        << field.flag;
  }
}

}  // namespace
}  // namespace wsel::recipe
