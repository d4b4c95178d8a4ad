#include "wsel/recipe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "recipe/timm_options.h"
#include "throws.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/data/dataset_info.h"
#include "wsel/train/augmentation_switches.h"

namespace wsel::recipe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSmall =
    R"({"model": {"name": "vit_tiny", "depth": 6}, "data": {"name": "cifar10"}})";

TEST(Recipe, DefaultsAreThoseOfTable13) {
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

TEST(Recipe, ImageSizesAreASideOrHeightAndWidth) {
  const std::vector<std::string> distils = {"data.root=d", "teacher.file=t.pth",
                                            "distill.method=logit"};
  const auto with = [&](std::vector<std::string> sets) {
    sets.insert(sets.end(), distils.begin(), distils.end());
    return RecipeFromJson(kSmall, "r.json", sets);
  };
  const Recipe wide =
      with({"model.img_size=[192,256]", "teacher.img_size=240x320"});
  EXPECT_EQ(wide.train.transform.img_size, HeightWidth(192, 256));
  EXPECT_EQ(wide.train.evaluation.img_size, HeightWidth(192, 256));
  EXPECT_EQ(wide.teacher.img_size, HeightWidth(240, 320));
  EXPECT_EQ(ToJson(RecipeFromJson(ToJson(wide), "again")), ToJson(wide));
  EXPECT_NE(TeacherCacheName(wide, "cpu"),
            TeacherCacheName(
                with({"model.img_size=[256,192]", "teacher.img_size=240x320"}),
                "cpu"));
  // Squares are as before.
  EXPECT_EQ(Identity(with({"model.img_size=[224,224]"})), Identity(with({})));
  EXPECT_THAT(ToJson(with({})), HasSubstr("\"img_size\": 0,"));
  for (const char* size : {"[240,0]", "-1", "[240,-1]", "[1,2,3]", "wide"}) {
    ExpectError([&] { with({fmt::format("teacher.img_size={}", size)}); },
                ErrorKind::kConfig, {"teacher.img_size"});
  }
}

// A default that does not go with a given value is chosen anew.
TEST(Recipe, SolvesTheMixupBatchAndTheWarmupThatAreNotGiven) {
  const auto of = [](const std::vector<std::string>& sets) {
    return RecipeFromJson(kSmall, "r.json", sets).train;
  };
  EXPECT_EQ(of({"train.batch_size=96"}).mixup_batch, 48);
  EXPECT_EQ(of({"train.batch_size=32"}).mixup_batch, 32);
  EXPECT_EQ(of({"train.batch_size=128"}).mixup_batch, 64);
  EXPECT_EQ(of({"train.epochs=12"}).schedule.warmup_epochs, 2);
  EXPECT_EQ(of({"train.epochs=60"}).schedule.warmup_epochs, 50);
  // A sixth, rounded, as with --epochs.
  EXPECT_EQ(of({"train.epochs=9"}).schedule.warmup_epochs, 2);
  const Recipe nine = RecipeFromJson(kSmall, "r.json", {}, 9);
  EXPECT_EQ(nine.train.schedule.warmup_epochs, 2);
  const Recipe warmed =
      RecipeFromJson(kSmall, "r.json", {"train.warmup_epochs=1"}, 9);
  EXPECT_EQ(warmed.train.schedule.warmup_epochs, 1);
  EXPECT_EQ(warmed.train.schedule.epochs, 9);
  EXPECT_THROW(of({"train.batch_size=96", "train.mixup_batch=64"}), Error);
  EXPECT_THROW(of({"train.epochs=12", "train.warmup_epochs=50"}), Error);
  EXPECT_THROW(of({"train.batch_size=33"}), Error);
}

TEST(Recipe, EpsAndBeta2AreTheOptimizersIfTheyAreNotGiven) {
  const auto of = [](const std::vector<std::string>& sets) {
    return RecipeFromJson(kSmall, "r.json", sets).train.optimizer;
  };
  EXPECT_EQ(of({}).eps, 1e-8);
  EXPECT_EQ(of({"optimizer.name=lamb"}).eps, 1e-6);
  EXPECT_EQ(of({"optimizer.name=muon"}).eps, 1e-7);
  EXPECT_EQ(of({"optimizer.name=muon"}).beta2, 0.95);
  EXPECT_EQ(of({"optimizer.name=muon", "optimizer.eps=1e-8"}).eps, 1e-8);
  ExpectError([&] { of({"optimizer.name=adam"}); }, ErrorKind::kConfig,
              {"optimizer.name", "'adam'", "adamw"});
  ExpectError([&] { of({"optimizer.momentum=1"}); }, ErrorKind::kConfig,
              {"optimizer.momentum"});
}

TEST(Recipe, ErrorsOfSchedulesNameTheirKeys) {
  const auto rejects = [](const std::vector<std::string>& sets,
                          const std::string& key) {
    ExpectError([&] { RecipeFromJson(kSmall, "r.json", sets); },
                ErrorKind::kConfig, {key + ": "});
  };
  rejects({"schedule.name=step"}, "schedule.decay_epochs");
  rejects({"schedule.name=cosine-restarts"}, "schedule.cycle_epochs");
  rejects({"schedule.warmup_lr=1"}, "schedule.warmup_lr");
  const std::string restarts = "schedule.name=cosine-restarts";
  const std::string cycle = "schedule.cycle_epochs=3";
  const std::string rewarm = "schedule.rewarm_epochs";
  rejects({restarts, cycle, rewarm + "=3"}, rewarm);
  rejects({restarts, cycle, rewarm + "=-1"}, rewarm);
  rejects({rewarm + "=1"}, rewarm);
  EXPECT_EQ(RecipeFromJson(kSmall, "r.json", {restarts, cycle, rewarm + "=2"})
                .train.schedule.rewarm_epochs,
            2);
  rejects({"optimizer.min_lr=1"}, "optimizer.min_lr");
  rejects({"train.epochs=0"}, "train.epochs");
  rejects({"schedule.name=linear"}, "r.json.schedule.name");
  const auto recipe = RecipeFromJson(
      kSmall, "r.json", {"schedule.name=step", "schedule.decay_epochs=30"});
  EXPECT_EQ(recipe.train.schedule.decay_epochs, 30);
}

// What depends on the number of epochs is checked against the last one given.
TEST(Recipe, EpochsScaleTheWarmup) {
  const auto of = [](std::optional<int64_t> epochs) {
    const std::string file = WithDefaults(
        kSmall, "r.json", {"train.epochs=10", "train.warmup_epochs=2"});
    return RecipeFromJson(file, "r.json", {"train.freeze_epochs=12"}, epochs)
        .train.schedule;
  };
  EXPECT_EQ(of(30).epochs, 30);
  EXPECT_EQ(of(30).warmup_epochs, 6);
  ExpectError([&] { of({}); }, ErrorKind::kConfig, {"train.freeze_epochs"});
  ExpectError([&] { of(0); }, ErrorKind::kConfig, {"train."});
}

TEST(Recipe, FreezesWhatTheModelHas) {
  const auto of = [](const std::string& set) {
    return RecipeFromJson(kSmall, "r.json", {set}).train.fine_tune;
  };
  EXPECT_THAT(of(R"(train.freeze=["stem","blocks.0-5"])").freeze,
              ElementsAre("stem", "blocks.0-5"));
  ExpectError([&] { of(R"(train.freeze=["blocks.0-6"])"); }, ErrorKind::kConfig,
              {"train.freeze", "'blocks.0-6'", "blocks.0 to blocks.5"});
  ExpectError([&] { of("optimizer.layer_decay=2"); }, ErrorKind::kConfig,
              {"optimizer.layer_decay"});
  ExpectError(
      [&] {
        RecipeFromJson(kSmall, "r.json",
                       {R"(train.freeze=["head.*"])", "train.freeze_epochs=1"});
      },
      ErrorKind::kConfig, {"train.freeze_epochs", "'head.*'"});
}

TEST(Recipe, AugmentationIsSetAtOnce) {
  const auto of = [](Augmentation augmentation) {
    auto sets = SetsOf(augmentation);
    sets.insert(sets.begin(), {"mix.smoothing=0", "augment.hflip=0.25"});
    return RecipeFromJson(kSmall, "r.json", sets).train;
  };
  const auto paper = of(Augmentation::kPaper);
  EXPECT_EQ(paper.transform.hflip, 0.5);
  EXPECT_EQ(paper.mix.smoothing, 0.1);
  const auto light = of(Augmentation::kLight);
  EXPECT_EQ(light.transform.hflip, 0.5);
  EXPECT_EQ(light.transform.rand_augment, "");
  EXPECT_FALSE(MixingEnabled(light.mix));
  const auto none = of(Augmentation::kNone);
  EXPECT_EQ(none.transform.crop, augment::TrainCrop::kEvaluation);
  EXPECT_EQ(none.transform.hflip, 0);
  EXPECT_EQ(none.erasing.probability, 0);
  auto sets = SetsOf(Augmentation::kPaper);
  // What the paper does not have.
  sets.insert(sets.end(), {"augment.vflip=0.5", "augment.color_jitter=0.4",
                           "augment.hue=0.1"});
  const auto all = RecipeFromJson(kSmall, "r.json", sets).train;
  for (const auto& one : train::AugmentationSwitches()) {
    EXPECT_TRUE(one.is_on(all)) << one.off;
    EXPECT_EQ(one.is_on(light), one.crops_or_flips && one.is_on(paper))
        << one.off;
    EXPECT_FALSE(one.is_on(none)) << one.off;
  }
}

TEST(Recipe, OtherAugmentations) {
  const auto of = [](const std::vector<std::string>& sets) {
    return RecipeFromJson(kSmall, "r.json", sets).train;
  };
  const auto three = of(SetsOfThreeAugment());
  EXPECT_EQ(three.transform.rand_augment, "3a");
  EXPECT_EQ(three.transform.color_jitter, 0.3);
  EXPECT_EQ(of({"augment.vflip=0.5"}).transform.vflip, 0.5);
  EXPECT_EQ(of({"augment.hue=0.1"}).transform.hue, 0.1);
  EXPECT_EQ(of({"augment.repeats=3"}).repeats, 3);
  EXPECT_EQ(of({"augment.rand_augment=v0r"}).transform.rand_augment, "v0r");
  for (const char* set :
       {"augment.vflip=2", "augment.hue=0.7", "augment.repeats=0",
        "augment.color_jitter=-1", "augment.rand_augment=v9"}) {
    ExpectError([&] { of({set}); }, ErrorKind::kConfig,
                {std::string(set).substr(0, std::string(set).find('='))});
  }
}

// Digests of older runs stay the same.
TEST(Recipe, NewAugmentationsCountOnlyIfTheyAreUsed) {
  const auto of = [](const std::vector<std::string>& sets) {
    return Identity(RecipeFromJson(kSmall, "r.json", sets));
  };
  EXPECT_EQ(of({"augment.vflip=0", "augment.repeats=1"}), of({}));
  EXPECT_NE(of({"augment.vflip=0.1"}), of({}));
  EXPECT_NE(of({"train.average_last=2"}), of({}));
  EXPECT_EQ(of({"train.checkpoint_interval=2"}), of({}));
}

// --init without a model: the model and its images are the checkpoint's.
TEST(Recipe, DefaultsFillInWhatIsNotGiven) {
  const std::string text =
      R"({"init": {"file": "s.safetensors"}, "data": {"std": [1, 1, 1]}})";
  const auto init = InitWithoutModel(text, "r.json", {"init.no_ema=true"});
  ASSERT_TRUE(init);
  EXPECT_EQ(init->file, "s.safetensors");
  EXPECT_TRUE(init->copy.no_ema);
  EXPECT_FALSE(InitWithoutModel(text, "r.json", {"model.name=vit_tiny"}));
  EXPECT_TRUE(InitWithoutModel(text, "r.json", {"model.img_size=96"}));
  EXPECT_FALSE(InitWithoutModel("{}", "r.json", {}));

  const std::string filled =
      WithDefaults(text, "r.json",
                   {R"(model={"base": "vit_tiny", "depth": 3, "img_size": 64})",
                    "data.mean=[0.5,0.5,0.5]", "data.std=[0.5,0.5,0.5]"});
  const Recipe recipe = RecipeFromJson(filled, "r.json", {"model.img_size=96"});
  EXPECT_EQ(ImageSize(recipe.model), 96);
  EXPECT_EQ(std::get<model::VitConfig>(recipe.model).depth, 3);
  EXPECT_THAT(recipe.train.normalisation.mean, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_THAT(recipe.train.normalisation.std, ElementsAre(1, 1, 1));
}

TEST(Recipe, AnUnknownOptionMayBeAKeyOrTimms) {
  EXPECT_EQ(SetForOption("--clip-grad"), "--set train.clip_grad=VALUE");
  EXPECT_EQ(SetForOption("--aa"), "--set augment.rand_augment=VALUE");
  EXPECT_EQ(SetForOption("--reprob"), "--set erasing.probability=VALUE");
  // An option of another name is shorter.
  EXPECT_EQ(SetForOption("--bce-loss"), "--loss NAME");
  EXPECT_EQ(SetForOption("--frobnicate"), "");
}

TEST(Recipe, EveryTimmOptionBelongsToAKey) {
  const auto fields = Fields();
  EXPECT_EQ(std::ranges::count_if(
                fields, [](const Field& field) { return !field.timm.empty(); }),
            static_cast<int64_t>(kTimmOptions.size()));
}

TEST(Recipe, ReadsBackWhatItWrites) {
  const Recipe recipe =
      RecipeFromJson(kSmall, "r.json",
                     {"optimizer.lr=1e-3", "data.mean=[0.5,0.5,0.5]",
                      "train.precision=bf16", "data.subset=500"});
  EXPECT_EQ(recipe.train.schedule.lr, 1e-3);
  EXPECT_EQ(recipe.data.subset, "500");
  EXPECT_EQ(recipe.train.transform.fill[0], 128);
  const std::string text = ToJson(recipe);
  EXPECT_EQ(ToJson(RecipeFromJson(text, "again")), text);
}

TEST(Recipe, TheLastOverrideWins) {
  EXPECT_EQ(RecipeFromJson(kSmall, "r", {"train.epochs=60", "train.epochs=70"})
                .train.schedule.epochs,
            70);
}

TEST(Recipe, ErrorsNameTheKeyAndTheNearestKnownOne) {
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
              {"train.warmup_epochs: is 301"});
  ExpectError(read("optimizer.min_lr=1"), ErrorKind::kConfig,
              {"optimizer.min_lr: is 1", "above lr"});
  ExpectError(read("optimizer.beta2=1"), ErrorKind::kConfig,
              {"optimizer.beta2: "});
  ExpectError(read("optimizer.lr"), ErrorKind::kUsage, {"set"});
}

TEST(Recipe, DifferencesIgnoreWhatDoesNotAffectTheResult) {
  const Recipe a = RecipeFromJson(kSmall, "r");
  EXPECT_THAT(
      Differences(a, RecipeFromJson(kSmall, "r",
                                    {"data.workers=3", "data.root=elsewhere",
                                     "data.cache_gib=9", "train.memory_gib=9",
                                     "train.save_minutes=9"})),
      IsEmpty());
  EXPECT_THAT(
      Differences(
          a, RecipeFromJson(kSmall, "r", {"optimizer.lr=1", "model.depth=4"})),
      ElementsAre("model.name: \"vit_a_patch16_224\", now "
                  "\"vit_d192_l4_h3_p16\"",
                  "model.depth: 6, now 4", "optimizer.lr: 0.004, now 1.0"));
}

// Written by wsel before keys were renamed.
constexpr const char* kOldConfig =
    WSEL_SOURCE_DIR "/tests/golden/recipe/old_config.json";

TEST(Recipe, ReadsRenamedKeysUnderTheirOldNames) {
  const Recipe recipe = RecipeFromJson(ReadText(kOldConfig), kOldConfig);
  EXPECT_EQ(recipe.data.cache_gib, 1.5);
  EXPECT_TRUE(recipe.data.skip_corrupt);
  EXPECT_EQ(recipe.train.memory_gib, 3);
  EXPECT_EQ(recipe.train.val_interval, 5);
  const std::string text = ToJson(recipe);
  EXPECT_THAT(text, HasSubstr("\"val_interval\": 5"));
  EXPECT_THAT(text, Not(HasSubstr("\"every\"")));
  EXPECT_THAT(Differences(recipe, RecipeFromJson(text, "new")), IsEmpty());
}

TEST(Recipe, OverridesMayUseOldNames) {
  const Recipe recipe =
      RecipeFromJson(kSmall, "r", {"evaluation.every=3", "train.memory_gb=2"});
  EXPECT_EQ(recipe.train.val_interval, 3);
  EXPECT_EQ(recipe.train.memory_gib, 2);
  const std::string old = ReadText(kOldConfig);
  EXPECT_EQ(
      RecipeFromJson(old, "r", {"train.val_interval=2"}).train.val_interval, 2);
  EXPECT_EQ(RecipeFromJson(kSmall, "r", {R"(evaluation={"every": 4})"})
                .train.val_interval,
            4);
}

TEST(Recipe, AKeyUnderBothNamesIsAnError) {
  ExpectError(
      [] {
        RecipeFromJson(kSmall, "r",
                       {"evaluation.every=3", "train.val_interval=3"});
      },
      ErrorKind::kConfig, {"set", "train.val_interval", "evaluation.every"});
  ExpectError(
      [] {
        RecipeFromJson(R"({"model": {"name": "vit_tiny"},
                           "data": {"cache_gb": 1, "cache_gib": 1}})",
                       "r.json");
      },
      ErrorKind::kConfig, {"r.json", "data.cache_gib", "data.cache_gb"});
}

// The name that version 0.1 gave to the cache in its golden sweep.
TEST(Recipe, TeacherCachesOfOlderVersionsAreFound) {
  const auto sweep =
      std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/version_0_1/sweep";
  const auto config = sweep / "runs/uniform-s0-c8d885c9/config.json";
  const Recipe recipe = RecipeOfRun(ReadText(config), config.string());
  EXPECT_TRUE(std::filesystem::exists(sweep / "cache" /
                                      TeacherCacheName(recipe, "cpu")))
      << TeacherCacheName(recipe, "cpu");
  EXPECT_NE(TeacherCacheName(recipe, "cpu"), TeacherCacheName(recipe, "cuda"));
}

// A run of an older version has no data.resize, and goes on as it began.
TEST(Recipe, RunsOfOlderVersionsResizeAsPillow12) {
  const auto order = [](const Recipe& recipe) {
    return recipe.train.evaluation.pass_order;
  };
  EXPECT_EQ(order(RecipeOfRun(ReadText(kOldConfig), kOldConfig)),
            image::PassOrder::kPillow12);
  const Recipe recipe = RecipeFromJson(kSmall, "r", {"data.root=/data"});
  EXPECT_EQ(order(recipe), image::PassOrder::kPillow13);
  EXPECT_EQ(order(RecipeOfRun(ToJson(recipe), "r")),
            image::PassOrder::kPillow13);
  const Recipe older =
      RecipeFromJson(kSmall, "r", {"data.root=/data", "data.resize=pillow-12"});
  EXPECT_EQ(older.train.transform.pass_order, image::PassOrder::kPillow12);
  EXPECT_NE(TeacherCacheName(older, "cpu"), TeacherCacheName(recipe, "cpu"));
  EXPECT_NE(Identity(older), Identity(recipe));
}

// Nor does it know other ways to draw a subset and to choose the best weights.
TEST(Recipe, RunsOfOlderVersionsKeepTheirSubsetsAndTestSplit) {
  const std::string text =
      R"({"model": {"name": "vit_tiny"},
          "data": {"name": "folder", "subset": "10%", "root": "/data"}})";
  const Recipe old = RecipeOfRun(text, "r");
  EXPECT_TRUE(old.data.subset_balanced);
  EXPECT_EQ(old.data.validation, data::Validation::kTest);
  const Recipe recipe = RecipeFromJson(text, "r", {"data.resize=pillow-12"});
  EXPECT_FALSE(recipe.data.subset_balanced);
  EXPECT_EQ(recipe.data.validation, data::Validation::kAuto);
  EXPECT_EQ(recipe.data.val_split, 0);
  EXPECT_FALSE(RecipeOfRun(ToJson(recipe), "r").data.subset_balanced);
  EXPECT_EQ(RecipeOfRun(ToJson(recipe), "r").data.validation,
            data::Validation::kAuto);
  // Teacher outputs belong to the images.
  EXPECT_NE(TeacherCacheName(old, "cpu"), TeacherCacheName(recipe, "cpu"));
  const auto cache = [&](const std::vector<std::string>& sets) {
    return TeacherCacheName(RecipeFromJson(text, "r", sets), "cpu");
  };
  EXPECT_EQ(cache({"data.resize=pillow-12", "data.subset_balanced=true"}),
            TeacherCacheName(old, "cpu"));
  EXPECT_EQ(cache({"data.validation=test"}), cache({}));
  EXPECT_NE(cache({"data.val_split=0.1"}), cache({}));
}

TEST(Recipe, ReadsWhatMakesClassesCount) {
  const auto of = [](const std::vector<std::string>& sets) {
    return RecipeFromJson(kSmall, "r.json", sets);
  };
  EXPECT_EQ(of({"train.patience=5"}).train.patience, 5);
  EXPECT_EQ(of({"train.class_weights=balanced"}).train.class_weights,
            train::ClassWeights::kBalanced);
  EXPECT_EQ(of({"train.sampler=balanced"}).train.sampler,
            data::Sampling::kBalanced);
  EXPECT_EQ(of({"data.val_split=0.25"}).data.val_split, 0.25);
  ExpectError([&] { of({"train.sampler=balance"}); }, ErrorKind::kConfig,
              {"train.sampler", "did you mean 'balanced'?"});
  ExpectError([&] { of({"train.class_weights=inverse"}); }, ErrorKind::kConfig,
              {"train.class_weights", "none", "balanced"});
  const Recipe given = of({"train.class_weights=1,2,0.5"});
  EXPECT_THAT(given.train.class_weights.values, ElementsAre(1, 2, 0.5));
  EXPECT_EQ(ToJson(RecipeFromJson(ToJson(given), "again")), ToJson(given));
  EXPECT_EQ(ToJson(of({"train.class_weights=[1,2,0.5]"})), ToJson(given));
  ExpectError([&] { of({"train.class_weights=1,-2"}); }, ErrorKind::kConfig,
              {"r.json.train.class_weights", "-2"});
  // They are of soft targets.
  ExpectError(
      [&] {
        of({"train.class_weights=balanced", "loss.name=focal"});
      },
      ErrorKind::kConfig, {"train.class_weights", "cross-entropy, not focal"});
}

TEST(Recipe, ImagesWithSeveralLabelsHaveABinaryLoss) {
  const auto of = [](const std::vector<std::string>& sets) {
    return RecipeFromJson(kSmall, "r.json", sets);
  };
  EXPECT_FALSE(of({}).train.multi_label);
  const Recipe several = of({"data.multi_label=auto"});
  EXPECT_EQ(several.data.multi_label, data::MultiLabel::kAuto);
  EXPECT_TRUE(several.train.multi_label);
  EXPECT_EQ(several.train.loss.name, train::LossName::kBce);
  EXPECT_EQ(of({"data.multi_label=space", "loss.name=focal",
                "train.class_weights=balanced"})
                .train.loss.name,
            train::LossName::kFocal);
  EXPECT_EQ(of({}).train.loss.name, train::LossName::kCrossEntropy);
  ExpectError(
      [&] {
        of({"data.multi_label=auto", "loss.name=cross-entropy"});
      },
      ErrorKind::kConfig, {"loss.name", "bce or focal"});
  ExpectError([&] { of({"data.multi_label=tabs"}); }, ErrorKind::kConfig,
              {"data.multi_label", "'tabs'"});
}

// Else sweeps would not find the folders of older runs.
TEST(Recipe, IdentityIsStillThatOfOlderVersions) {
  EXPECT_EQ(
      Sha256Hex(Identity(RecipeFromJson(ReadText(kOldConfig), kOldConfig))),
      "3b65c347d291760b50344c5bf7095e609b1ba873332ab251dc09c89053c22462");
}

TEST(Recipe, IdentityHasNewKeysOnlyIfTheyAreSet) {
  const auto identity = [](const std::vector<std::string>& sets) {
    return Identity(RecipeFromJson(kSmall, "r", sets));
  };
  const std::string old = identity({});
  for (const char* key :
       {"\"head\"", "patch_resize", "official", "checkpoint_key", "no_ema",
        "class_order", "\"resize\"", "reset_classifier", "crop_mode", "labels",
        "subset_balanced", "val_split", "\"validation\"", "patience",
        "class_weights", "sampler", "multi_label"}) {
    EXPECT_THAT(old, Not(HasSubstr(key)));
  }
  EXPECT_EQ(identity({"init.head=reset", "init.patch_resize=pinv",
                      "init.official=false"}),
            old);
  EXPECT_THAT(identity({"init.head=reuse"}), HasSubstr("\"head\":\"reuse\""));
  EXPECT_THAT(identity({"init.official=true"}), HasSubstr("\"official\":true"));
}

TEST(Recipe, OnlyAFilesClassifierCanBeReset) {
  ExpectError(
      [] { RecipeFromJson(kSmall, "r", {"init.reset_classifier=true"}); },
      ErrorKind::kConfig, {"init.file", "init.reset_classifier"});
}

TEST(Recipe, SelectionHasTheOptionsOfInit) {
  const Recipe recipe = RecipeFromJson(
      kSmall, "r",
      {"init.select=l1", "teacher.file=t.pth", "init.heads=whole",
       "init.head=reuse", "init.patch_resize=bilinear", "init.official=true",
       "init.skip=[\"attn\"]", "init.layers=last", "train.seed=7"});
  select::Options expected;
  expected.method = select::Methods().Find("l1", "");
  expected.heads = select::Heads::kWhole;
  expected.head = select::Head::kReuse;
  expected.patch_resize = select::PatchResize::kBilinear;
  expected.official = true;
  expected.skip = {"attn"};
  expected.layers = "last";
  expected.seed = 7;
  EXPECT_EQ(SelectionOf(recipe), expected);
  const std::string text = ToJson(recipe);
  EXPECT_EQ(ToJson(RecipeFromJson(text, "again")), text);
  ExpectError(
      [] {
        RecipeFromJson(kSmall, "r", {"init.select=l3", "teacher.file=t"});
      },
      ErrorKind::kConfig, {"init.select", "l3"});
}

TEST(Recipe, ListsItsFields) {
  const auto fields = Fields();
  const auto lr = std::ranges::find(fields, "optimizer.lr", &Field::path);
  ASSERT_NE(lr, fields.end());
  EXPECT_EQ(lr->default_value, "0.004");
}

TEST(Recipe, OfGreyImagesHasOneMeanAndStd) {
  const auto read = [](std::vector<std::string> sets) {
    sets.emplace_back("model.in_chans=1");
    return RecipeFromJson(kSmall, "r.json", sets);
  };
  // Those of RGB images are averaged, as ImageNet's (0.485, 0.456, 0.406).
  const image::Normalisation assumed = read({}).train.normalisation;
  EXPECT_THAT(assumed.mean, ElementsAre(0.449, 0.449, 0.449));
  EXPECT_THAT(assumed.std, ElementsAre(0.226, 0.226, 0.226));
  EXPECT_THAT(read({"data.mean=[0.1,0.2,0.3]"}).train.normalisation.mean,
              ElementsAre(0.2, 0.2, 0.2));
  for (const char* two : {"data.mean=[0.1,0.1]", "data.mean=[0.1,0.2]"}) {
    ExpectError([&] { read({two}); }, ErrorKind::kConfig,
                {"data.mean", "has 2 values", "grey images", "give one"});
  }
  const Recipe recipe = read({"data.mean=[0.5]", "data.std=[0.25]"});
  EXPECT_THAT(recipe.train.normalisation.mean, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(recipe.train.normalisation.in_chans, 1);
  EXPECT_EQ(recipe.train.transform.in_chans, 1);
  EXPECT_EQ(recipe.train.evaluation.in_chans, 1);
  EXPECT_THAT(recipe.train.transform.fill, ElementsAre(128, 128, 128));
  EXPECT_THAT(Differences(RecipeFromJson(kSmall, "r.json"), recipe),
              testing::Contains(HasSubstr("model.in_chans: null, now 1")));
}

TEST(Recipe, TheTeachersMeanIsOneValuePerChannelOrOneForAll) {
  const auto with = [](const std::string& mean) {
    return RecipeFromJson(
        kSmall, "r.json",
        {"teacher.file=t.pth", "distill.method=logit", "teacher.mean=" + mean});
  };
  EXPECT_THAT(with("[0.5]").teacher.mean, ElementsAre(0.5));
  EXPECT_THAT(with("[0.1,0.2,0.3]").teacher.mean, ElementsAre(0.1, 0.2, 0.3));
  ExpectError([&] { with("[0.1,0.2]"); }, ErrorKind::kConfig,
              {"teacher.mean", "one value per channel, or one for all"});
}

TEST(Recipe, OfOtherChannelsNeedsTheirMeanAndStd) {
  const auto read = [](std::vector<std::string> sets) {
    sets.emplace_back("model.in_chans=4");
    return RecipeFromJson(kSmall, "r.json", sets);
  };
  ExpectError([&] { read({}); }, ErrorKind::kConfig,
              {"data.mean", "is missing", "4 channels", "`in_chans` 4"});
  ExpectError([&] { read({"data.mean=[0.5]"}); }, ErrorKind::kConfig,
              {"data.std", "is missing"});
  ExpectError(
      [&] {
        read({"data.mean=[0.1,0.2,0.3]", "data.std=[1]"});
      },
      ErrorKind::kConfig,
      {"data.mean", "has 3 values", "images of 4 channels"});
  const Recipe recipe =
      read({"data.mean=[0.1,0.2,0.3,0.4]", "data.std=[0.25]"});
  EXPECT_THAT(recipe.train.normalisation.mean, ElementsAre(0.1, 0.2, 0.3, 0.4));
  EXPECT_THAT(recipe.train.normalisation.std,
              ElementsAre(0.25, 0.25, 0.25, 0.25));
  EXPECT_EQ(recipe.train.normalisation.in_chans, 4);
  EXPECT_EQ(recipe.data.in_chans, 4);
  // Read again, it is the same.
  const Recipe again = RecipeFromJson(ToJson(recipe), "r.json");
  EXPECT_THAT(Differences(recipe, again), testing::IsEmpty());
}

// Colours are changed only where there are some: a policy that is not asked for
// is off, one that is asked for an error.
TEST(Recipe, OfOtherChannelsHasNoOperationsOnColours) {
  const auto read = [](std::vector<std::string> sets) {
    for (const char* set :
         {"model.in_chans=2", "data.mean=[0.5]", "data.std=[0.25]"}) {
      sets.emplace_back(set);
    }
    return RecipeFromJson(kSmall, "r.json", sets);
  };
  EXPECT_EQ(read({}).train.transform.rand_augment, "");
  EXPECT_GT(read({}).train.erasing.probability, 0);
  EXPECT_EQ(read({"augment.rand_augment="}).train.transform.rand_augment, "");
  for (const char* set :
       {"augment.rand_augment=rand-m9-mstd0.5-inc1", "augment.rand_augment=3a",
        "augment.color_jitter=0.3", "augment.hue=0.1"}) {
    const std::string key =
        std::string(set).substr(0, std::string(set).find('='));
    ExpectError([&] { read({set}); }, ErrorKind::kConfig,
                {key, "2 channels", "set it to"});
  }
}

TEST(Recipe, ShippedOnesAreValid) {
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
    // The size of a folder is unknown.
    if (recipe.data.name != "folder") {
      EXPECT_GE(facts.num_train, recipe.train.batch_size) << path;
    }
    ++count;
  }
  EXPECT_GE(count, 24);  // Tables 14, 15 and 11
}

}  // namespace
}  // namespace wsel::recipe
