#include "wsel/sweep/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"

namespace wsel::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

constexpr const char* kRecipe =
    R"({"model": {"name": "vit_tiny"}, "data": {"name": "cifar10"}})";

// A sweep with the recipe above and the sections given.
std::string Text(const std::string& sections) {
  return std::string("{\"recipe\": ") + kRecipe + ", " + sections + "}";
}

std::vector<PlannedRun> Runs(const std::string& sections,
                             const std::vector<std::string>& sets = {}) {
  return Expand(SweepFromJson(Text(sections), "s.json"), sets);
}

std::vector<std::string> Slugs(const std::string& sections) {
  std::vector<std::string> slugs;
  for (const auto& run : Runs(sections)) slugs.push_back(run.slug);
  return slugs;
}

TEST(Expand, IsAProductWithTheLastAxisFastest) {
  const auto runs =
      Runs(R"("axes": {"optimizer.lr": [1e-3, 2e-3], "train.seed": [0, 1]})");
  ASSERT_THAT(runs, SizeIs(4));
  EXPECT_EQ(runs[1].slug, "0.001-s1");
  EXPECT_EQ(runs[1].recipe.train.seed, 1U);
  EXPECT_EQ(runs[2].recipe.train.schedule.lr, 2e-3);
  // Runs that differ only in the seed share a table cell.
  EXPECT_THAT(runs[1].labels, ElementsAre(Pair("optimizer.lr", "0.001")));
}

TEST(Expand, ZippedAxesVaryInStep) {
  EXPECT_THAT(Slugs(R"("axes": {"train.epochs": [60, 90],
                               "data.name": ["cifar10", "cifar100"],
                               "train.warmup_epochs": [10, 15]},
                      "zip": [["train.epochs", "train.warmup_epochs"]])"),
              ElementsAre("60-cifar10-10-s0", "60-cifar100-10-s0",
                          "90-cifar10-15-s0", "90-cifar100-15-s0"));
}

TEST(Expand, ExcludesAndIncludes) {
  const std::string axes =
      R"("axes": {"train.epochs": [60, 90], "train.seed": [0, 1]})";
  EXPECT_THAT(Slugs(axes + R"(, "exclude": [{"train.epochs": 90,
                                             "train.seed": [1]}])"),
              ElementsAre("60-s0", "60-s1", "90-s0"));
  EXPECT_THAT(Slugs(R"("axes": {"train.epochs": [60, 90],
                        "train.warmup_epochs": [5, 10]},
               "zip": [["train.epochs", "train.warmup_epochs"]],
               "include": [{"train.epochs": 90, "train.warmup_epochs": 5}])"),
              ElementsAre("60-5-s0", "90-10-s0", "90-5-s0"));
}

TEST(Expand, OverridesApplyToTheirCombinations) {
  const auto runs = Runs(R"("axes": {"data.name": ["cifar10", "pets"]},
              "set": {"train.drop_path": 0.1},
              "overrides": [{"when": {"data.name": "pets"},
                             "set": {"train.drop_path": 0.3}}])");
  EXPECT_EQ(runs[0].recipe.train.drop_path, 0.1);
  EXPECT_EQ(runs[1].recipe.train.drop_path, 0.3);
}

TEST(Expand, FillsTemplates) {
  const TempFolder folder;
  WriteTextFile(folder / "cifar10.json", kRecipe);
  const auto sweep = SweepFromJson(
      R"({"recipe": "{data}.json",
          "set": {"folder": "{sweep_dir}/{data}"},
          "axes": {"data": ["cifar10"],
                   "init": {"from {x}": {"init.file": "{folder}/a.pth"},
                            "b": {"init.file": "{folder}/{init}.pth"}}}})",
      folder / "s.json");
  const auto runs = Expand(sweep, {});
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[0].recipe.init.file,
            folder.path().string() + "/cifar10/a.pth");
  EXPECT_EQ(runs[1].recipe.init.file,
            folder.path().string() + "/cifar10/b.pth");
  EXPECT_EQ(runs[0].slug, "from__x_-s0");
}

TEST(Expand, AcceptsTheOldNameOfSweepDir) {
  const auto runs =
      Runs(R"("axes": {"init.file": ["{here}/a", "{sweep_dir}/a"]})");
  ASSERT_THAT(runs, SizeIs(1)) << "both are the same file";
  EXPECT_EQ(runs[0].recipe.init.file, "./a");
}

TEST(Expand, EqualRunsRunOnce) {
  const auto runs = Runs(R"("axes": {
      "teacher": {"a": {"file": "a.pth"}, "b": {"file": "b.pth"}},
      "init": {"random": {}, "uniform": {"init.select": "uniform",
                                         "teacher.file": "{file}"}}})");
  ASSERT_THAT(runs, SizeIs(3));
  ASSERT_THAT(runs[0].other_labels, SizeIs(1));
  EXPECT_THAT(runs[0].other_labels[0],
              ElementsAre(Pair("teacher", "b"), Pair("init", "random")));
}

TEST(Expand, RunsOnOtherFoldersAreOtherRuns) {
  const std::string axes = R"("axes": {"data": {"a": {"data.root": "x"},
                                               "b": {"data.root": "y"},
                                               "c": {"data.root": "x"}}})";
  const auto runs = Runs(axes);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[1].recipe.data.root, "y");
  EXPECT_NE(runs[0].digest, runs[1].digest);
  EXPECT_THAT(runs[0].other_labels,
              ElementsAre(ElementsAre(Pair("data", "c"))));
  // One folder for all, as by --data-root.
  const auto same = Runs(axes, {"data.root=z"});
  ASSERT_THAT(same, SizeIs(1));
  EXPECT_EQ(same[0].digest, runs[0].digest);
}

TEST(Expand, RunsWithOtherCalibrationImagesAreOtherRuns) {
  const auto runs = Runs(R"("axes": {
      "images": {"own": {},
                 "p": {"init.calibrate": "folder", "init.calibrate_root": "p"},
                 "q": {"init.calibrate": "folder", "init.calibrate_root": "q"}}},
      "set": {"init.select": "activation", "teacher.file": "t.pth"})");
  ASSERT_THAT(runs, SizeIs(3));
  EXPECT_NE(runs[1].digest, runs[2].digest);
}

TEST(Expand, TheDigestIsOfSettingsThatAffectResults) {
  const std::string axes = R"("axes": {"optimizer.lr": [1e-3]})";
  const std::string digest = Runs(axes)[0].digest;
  EXPECT_THAT(digest, SizeIs(8));
  EXPECT_EQ(Runs(axes, {"data.root=elsewhere", "data.workers=3"})[0].digest,
            digest);
  EXPECT_NE(Runs(axes, {"train.epochs=60"})[0].digest, digest);
  EXPECT_NE(Runs(axes, {"init.file=other.pth"})[0].digest, digest);
  EXPECT_NE(Runs(axes + R"(, "probe": {})")[0].digest, digest);
}

void ExpectConfigError(const std::string& sections,
                       const std::vector<std::string>& parts) {
  SCOPED_TRACE(sections);
  ExpectError([&] { Runs(sections); }, ErrorKind::kConfig, parts);
}

TEST(Expand, RejectsInvalidSections) {
  ExpectConfigError(R"("axes": {})", {"s.json.axes", "is empty"});
  ExpectConfigError(R"("axes": {"optimizer.lr": []})",
                    {"s.json.axes.optimizer.lr", "no values"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1, 1]})", {"'1' twice"});
  ExpectConfigError(R"("axes": {"optimizer.lrr": [1]})",
                    {"s.json (optimizer.lrr=1)", "did you mean 'lr'"});
  ExpectConfigError(R"("axes": {"optimizer.lr": ["fast"]})",
                    {"optimizer.lr=fast", "optimizer.lr"});
  ExpectConfigError(R"("axes": {"lr": [1, 2]})", {"axes.lr", "has no effect"});
  ExpectConfigError(R"("axes": {"a": {"x": {"epochs": 3}}})",
                    {"a.x", "sets 'epochs'", "nor used in a template"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1]}, "exclud": [])",
                    {"'exclud'", "did you mean 'exclude'"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1]},
                   "exclude": [{"optimiser.lr": 1}])",
                    {"exclude[0]", "did you mean 'optimizer.lr'"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1]},
                   "exclude": [{"optimizer.lr": 2}])",
                    {"exclude[0].optimizer.lr", "'2'"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1]},
                   "exclude": [{"optimizer.lr": 1}])",
                    {"every combination is excluded"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1, 2], "train.seed": [1]},
                   "zip": [["optimizer.lr", "train.seed"]])",
                    {"zip[0]", "2 values", "has 1"});
  ExpectConfigError(R"("axes": {"init.file": ["{teecher}.pth"]},
                   "set": {"teacher": "a"})",
                    {"'teecher'", "did you mean 'teacher'"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1], "train.seed": [0, 1]},
                   "include": [{"optimizer.lr": 1}])",
                    {"include", "does not name the axis 'train.seed'"});
}

TEST(Expand, RejectsConflictingSettings) {
  ExpectConfigError(R"("axes": {"optimizer.lr": [1],
                            "speed": {"slow": {"optimizer.lr": 2}}})",
                    {"optimizer.lr", "to 1 by the axis optimizer.lr",
                     "to 2 by the axis speed"});
  ExpectConfigError(R"("axes": {"optimizer.lr": [1]},
                   "overrides": [{"when": {"optimizer.lr": 1},
                                  "set": {"optimizer.lr": 2}}])",
                    {"overrides[0]"});
}

TEST(Expand, RejectsTooManyRuns) {
  std::string list = "0";
  for (int i = 1; i < 500; ++i) list += "," + std::to_string(i);
  ExpectConfigError("\"axes\": {\"train.seed\": [" + list +
                        "], \"data.subset_seed\": [" + list + "]}",
                    {"more than 100000"});
  const auto values = [](const std::string& key, const std::string& labels) {
    return "\"" + key + "\": [" + labels + "]";
  };
  // One axis in step with the other has few combinations, unless all are added.
  ExpectConfigError("\"axes\": {" + values("train.seed", list) + ", " +
                        values("data.subset_seed", list) +
                        R"(}, "zip": [["train.seed", "data.subset_seed"]],
                        "include": [{)" +
                        values("train.seed", list) + ", " +
                        values("data.subset_seed", list) + "}]",
                    {"more than 100000"});
}

TEST(Expand, RejectsOverridesWithoutEffect) {
  ExpectConfigError(R"("axes": {"optimizer.lr": [1, 2]},
                   "overrides": [{"when": {"optimizer.lr": 1},
                                  "set": {"epochs": 2}}])",
                    {"overrides[0]", "sets 'epochs'"});
}

TEST(Expand, RejectsWhatTheSelectionWouldNotSee) {
  ExpectConfigError(R"("axes": {"train.seed": [1]},
                   "set": {"init.select": "uniform", "teacher.file": "t.pth",
                           "teacher.num_heads": 3})",
                    {"teacher.num_heads", "teacher.model", "with 3 heads"});
  const std::string digest = R"("axes": {"train.seed": [1]},
                   "set": {"init.select": "uniform", "teacher.file": "t.pth",
                           "teacher.digest": "ab")";
  ExpectConfigError(digest + "}", {"teacher.digest", "leave it out"});
  // The run itself checks it.
  const auto runs = Runs(digest + R"(, "distill.method": "logit"})");
  EXPECT_EQ(runs.at(0).recipe.teacher.digest, "ab");
}

// The shipped sweeps must expand without data sets and teachers.
TEST(Expand, ReadsEverySweepInConfigs) {
  const auto folder =
      std::filesystem::path(WSEL_SOURCE_DIR) / "configs" / "sweeps";
  size_t sweeps = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    const SweepFile sweep = ReadSweepFile(entry.path());
    EXPECT_FALSE(sweep.about.empty());
    EXPECT_FALSE(Expand(sweep, {}).empty());
    ++sweeps;
  }
  EXPECT_GE(sweeps, 16U);
}

TEST(Expand, HasTheRunsOfThePapersTables) {
  const auto folder =
      std::filesystem::path(WSEL_SOURCE_DIR) / "configs" / "sweeps";
  const auto runs = [&](const char* name) {
    return Expand(ReadSweepFile(folder / name), {});
  };
  // (9 data sets x 3 seeds + ImageNet once) x 2 models x 2 initialisations.
  EXPECT_THAT(runs("table2.json"), SizeIs((9 * 3 + 1) * 2 * 2));
  const auto both = runs("table4.json").back().recipe;
  EXPECT_EQ(both.train.distill.method, train::Distillation::kFeature);
  EXPECT_EQ(both.init.select, &select::DefaultRule());
  EXPECT_EQ(both.teacher.file,
            "teachers/vit_small_patch16_224.augreg_in21k.safetensors");
  EXPECT_THAT(runs("table10.json")[6].recipe.init.selection.skip,
              ElementsAre("patch_embed"));
  EXPECT_EQ(runs("figure4.json").back().recipe.train.schedule.warmup_epochs,
            150);
}

// docs/results.md, docs/evidence.md
TEST(Expand, HasTheRunsOfTheEvidence) {
  const auto folder =
      std::filesystem::path(WSEL_SOURCE_DIR) / "configs" / "sweeps";
  const auto runs = [&](const char* name) {
    return Expand(ReadSweepFile(folder / name), {});
  };
  // 6 initialisations, 2 teachers, 3 seeds; the first seed comes first.
  const auto all = runs("calibration_short.json");
  ASSERT_THAT(all, SizeIs(6 * 2 * 3));
  EXPECT_EQ(all[11].recipe.train.seed, 0U);
  EXPECT_EQ(all[12].recipe.train.seed, 1U);
  // Images of ViT-Ti AugReg have mean and std 0.5.
  EXPECT_EQ(all[11].recipe.teacher.file,
            "teachers/vit_tiny_patch16_224.augreg.safetensors");
  EXPECT_THAT(all[11].recipe.train.normalisation.mean, testing::Each(0.5));
  EXPECT_THAT(all[11].recipe.train.normalisation.std, testing::Each(0.5));
  EXPECT_THAT(runs("calibration_grid.json"), SizeIs(2 * 5 * 2));
  EXPECT_THAT(runs("calibration_epochs.json"), SizeIs(3 * 3 * 3));
  EXPECT_THAT(runs("calibration_training_images.json"), SizeIs(4 * 3 * 3));
  EXPECT_THAT(runs("calibration_images.json"), SizeIs(3 * 2 * 7));
  EXPECT_THAT(runs("calibration_other_images.json"), SizeIs(3 * 2 * 3));
  EXPECT_THAT(runs("calibration_distillation.json"), SizeIs(3 * 6 * 2));
  // Random weights need no teacher: one probe for both.
  EXPECT_THAT(runs("calibration_probe.json"), SizeIs(3 * (1 + 2 * 5)));
  EXPECT_THAT(runs("imagenet_tables.json"), SizeIs(3 * 17));
}

}  // namespace
}  // namespace wsel::sweep
