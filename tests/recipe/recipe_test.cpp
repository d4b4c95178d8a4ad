#include "wsel/recipe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "throws.h"
#include "wsel/core/text_file.h"
#include "wsel/data/table.h"

namespace wsel::recipe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSmall =
    R"({"model": {"name": "vit_tiny", "depth": 6}, "data": {"name": "cifar10"}})";

TEST(Recipe, DefaultsAreTable13s) {
  const Recipe recipe = RecipeFromJson(kSmall, "r.json");
  EXPECT_EQ(recipe.train.optimizer.weight_decay, 0.05);
  EXPECT_EQ(recipe.train.optimizer.beta2, 0.999);
  EXPECT_EQ(recipe.train.mix.mixup_alpha, 0.8);
  EXPECT_EQ(recipe.train.mix.cutmix_alpha, 1.0);
  EXPECT_EQ(recipe.train.mix.smoothing, 0.1);
  EXPECT_EQ(recipe.train.erasing.probability, 0.25);
  EXPECT_EQ(recipe.train.transform.rand_augment, "rand-m9-mstd0.5-inc1");
  EXPECT_EQ(std::get<model::VitConfig>(recipe.model).depth, 6);
  EXPECT_EQ(recipe.train.transform.img_size, 224);
}

TEST(Recipe, WhatIsWrittenReadsBackAlike) {
  const Recipe recipe =
      RecipeFromJson(kSmall, "r.json",
                     {"optimizer.lr=1e-3", "data.mean=[0.5,0.5,0.5]",
                      "train.precision=bf16", "data.subset=500"});
  EXPECT_EQ(recipe.train.lr, 1e-3);
  EXPECT_EQ(recipe.data.subset, "500");
  EXPECT_EQ(recipe.train.transform.fill[0], 128);
  const std::string text = ToJson(recipe);
  EXPECT_EQ(ToJson(RecipeFromJson(text, "again")), text);
}

TEST(Recipe, OverridesAreTheLastWord) {
  EXPECT_EQ(RecipeFromJson(kSmall, "r", {"train.epochs=60", "train.epochs=70"})
                .train.epochs,
            70);
}

TEST(Recipe, UnknownKeysComeWithTheNearest) {
  const auto read = [](const std::string& set) {
    return [set] { RecipeFromJson(kSmall, "r.json", {set}); };
  };
  ExpectError(read("optimizer.lrr=1"), ErrorKind::kConfig,
              {"r.json.optimizer", "'lrr'", "did you mean 'lr'"});
  ExpectError(read("trian.epochs=1"), ErrorKind::kConfig,
              {"'trian'", "did you mean 'train'"});
  ExpectError(read("train.epochs=many"), ErrorKind::kConfig, {"train.epochs"});
  ExpectError(read("train.epochs=0"), ErrorKind::kConfig, {"train.epochs"});
  ExpectError(read("train.precision=fp8"), ErrorKind::kConfig,
              {"train.precision", "fp8"});
  ExpectError(read("model.name=vit_tinny"), ErrorKind::kConfig,
              {"did you mean"});
  ExpectError(read("train.mixup_batch=63"), ErrorKind::kConfig, {"even"});
  ExpectError(read("train.mixup_batch=48"), ErrorKind::kConfig,
              {"does not divide"});
  ExpectError(read("data.std=[0,1,1]"), ErrorKind::kConfig, {"data.std"});
  ExpectError(read("train.warmup_epochs=301"), ErrorKind::kConfig,
              {"warmup_epochs"});
  ExpectError(read("optimizer.lr"), ErrorKind::kUsage, {"--set"});
}

TEST(Recipe, DifferencesLeaveOutWhatDecidesNothing) {
  const Recipe a = RecipeFromJson(kSmall, "r");
  EXPECT_THAT(
      Differences(a, RecipeFromJson(kSmall, "r",
                                    {"data.workers=3", "data.root=elsewhere",
                                     "train.save_minutes=9"})),
      IsEmpty());
  EXPECT_THAT(
      Differences(
          a, RecipeFromJson(kSmall, "r", {"optimizer.lr=1", "model.depth=4"})),
      ElementsAre("model.name: \"vit_a_patch16_224\", now "
                  "\"vit_d192_l4_h3_p16\"",
                  "model.depth: 6, now 4", "optimizer.lr: 0.004, now 1.0"));
}

// Every recipe that is shipped reads, says what it is, and fits its data set.
TEST(Recipe, ShippedOnesHold) {
  int count = 0;
  const std::filesystem::path configs =
      std::filesystem::path(WSEL_SOURCE_DIR) / "configs";
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(configs)) {
    const auto& path = entry.path();
    const auto folder = path.parent_path().filename();
    if (path.extension() != ".json" || folder == "models" ||
        folder == "families" || folder == "sweeps") {
      continue;
    }
    const Recipe recipe = RecipeFromJson(ReadText(path), path.string());
    EXPECT_FALSE(recipe.about.empty()) << path;
    const auto& facts = data::FindDataset(recipe.data.name, path.string());
    // Nobody knows how large a folder is.
    if (recipe.data.name != "folder") {
      EXPECT_GE(facts.train, recipe.train.batch_size) << path;
    }
    ++count;
  }
  EXPECT_GE(count, 24);  // Tables 14, 15 and 11
}

}  // namespace
}  // namespace wsel::recipe
