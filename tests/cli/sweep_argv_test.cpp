// The one place where another room spells this program's options.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cli/commands.h"
#include "wsel/sweep/argv.h"

namespace wsel::cli {
namespace {

// A run that uses every option which a sweep passes on.
sweep::SweepFile FullSweep() {
  return sweep::SweepFromJson(R"({
      "recipe": {"model": {"name": "vit_tiny"},
                 "data": {"name": "folder", "root": "d", "subset": "10%",
                          "train_range": [0, 100],
                          "classes": ["a", "b, c"], "skip_corrupt": true,
                          "resize": "pillow-12"},
                 "init": {"select": "uniform", "skip": ["mlp"],
                          "head": "reuse", "patch_resize": "bilinear",
                          "official": true},
                 "teacher": {"file": "t.pth"}},
      "probe": {"solver": "lars", "epochs": 3, "augment": true},
      "axes": {"train.seed": [0]}})",
                              "s.json");
}

class SweepArgv : public testing::Test {
 protected:
  SweepArgv() {
    app_.add_flag("-q,--quiet");
    AddInit(app_, invocation_);
    AddTrain(app_, invocation_);
    AddProbe(app_, invocation_);
    AddSweep(app_, invocation_);
  }

  // Every option exists, and a value follows where one is due.
  void Check(const sweep::Argv& argv) {
    const CLI::App* command = app_.get_subcommand(argv[0]);
    for (size_t i = 1; i < argv.size(); ++i) {
      if (!argv[i].starts_with("--")) continue;
      const CLI::Option* option = command->get_option_no_throw(argv[i]);
      if (option == nullptr) option = app_.get_option_no_throw(argv[i]);
      ASSERT_NE(option, nullptr) << "wsel " << argv[0] << " " << argv[i];
      const bool has_value =
          i + 1 < argv.size() && !argv[i + 1].starts_with("--");
      EXPECT_EQ(has_value, option->get_items_expected_max() > 0) << argv[i];
      seen_.insert(argv[i]);
    }
  }

  std::vector<ComputingCommand> computing_;
  Invocation invocation_{"", computing_};
  CLI::App app_;
  sweep::SweepFile file_ = FullSweep();
  std::vector<sweep::PlannedRun> runs_ = sweep::Expand(file_, {});
  sweep::SweepFolder folder_{"out"};
  std::set<std::string> seen_;
};

TEST_F(SweepArgv, OfInitIsKnown) {
  Check(sweep::InitCommandFor(runs_[0].recipe, false, folder_)->argv);
  for (const char* option :
       {"--skip", "--head", "--patch-resize", "--compat"}) {
    EXPECT_TRUE(seen_.contains(option)) << option;
  }
  auto random = runs_[0].recipe;
  random.init = {};
  Check(sweep::InitCommandFor(random, /*probes=*/true, folder_)->argv);
  EXPECT_TRUE(seen_.contains("--method"));
}

// Rules that look at images have those of the run, or of another data set.
TEST_F(SweepArgv, OfInitHasTheCalibrationImages) {
  auto recipe = runs_[0].recipe;
  recipe.init.select = select::Methods().Find("regression", "");
  Check(sweep::InitCommandFor(recipe, false, folder_)->argv);
  for (const char* option :
       {"--calibrate", "--data-root", "--calibration-images", "--subset",
        "--train-range", "--classes"}) {
    EXPECT_TRUE(seen_.contains(option)) << option;
  }
  recipe.data.subset_balanced = true;
  recipe.data.labels = "labels.csv";
  recipe.data.multi_label = data::MultiLabel::kSpace;
  recipe.data.val_split = 0.1;
  recipe.data.split_seed = 3;
  recipe.data.subset_seed = 4;
  Check(sweep::InitCommandFor(recipe, false, folder_)->argv);
  for (const char* option : {"--subset-balanced", "--subset-seed", "--labels",
                             "--multi-label", "--val-split", "--split-seed"}) {
    EXPECT_TRUE(seen_.contains(option)) << option;
  }
  recipe.init.calibrate = "cifar100";
  recipe.init.calibrate_root = "elsewhere";
  const auto argv = sweep::InitCommandFor(recipe, false, folder_)->argv;
  EXPECT_EQ(std::ranges::count(argv, "elsewhere"), 1);
  EXPECT_EQ(std::ranges::count(argv, "--subset"), 0);
}

// What decides about the teacher's weights and model decides about students.
TEST_F(SweepArgv, OfInitHasTheTeachersCopyAndModel) {
  auto recipe = runs_[0].recipe;
  recipe.teacher.copy = {.key = "model", .no_ema = true};
  recipe.teacher.model = "vit_small";
  const auto command = sweep::InitCommandFor(recipe, false, folder_);
  Check(command->argv);
  for (const char* option :
       {"--checkpoint-key", "--no-ema", "--teacher-model"}) {
    EXPECT_TRUE(seen_.contains(option)) << option;
  }
  EXPECT_NE(command->checkpoint,
            sweep::InitCommandFor(runs_[0].recipe, false, folder_)->checkpoint);
}

TEST_F(SweepArgv, OfTrainIsKnown) {
  Check(sweep::TrainArgv(runs_[0], folder_, {2, "cpu"}));
  Check(sweep::TrainArgv(runs_[0], folder_, {2, "cuda", 4}));
  EXPECT_TRUE(seen_.contains("--workers"));
  EXPECT_FALSE(seen_.contains("--track"));
  const auto argv =
      sweep::TrainArgv(runs_[0], folder_, {2, "cpu"},
                       {run::Tracker::kMlflow, run::Tracker::kWandb});
  Check(argv);
  EXPECT_EQ(std::ranges::count(argv, "mlflow,wandb"), 1);
}

TEST_F(SweepArgv, OfATaskIsKnown) {
  const auto argv = sweep::TaskCommand({.file = "s.json",
                                        .output = "out",
                                        .data_root = "d",
                                        .sets = {"train.epochs=3"},
                                        .device = "cpu",
                                        .threads = 4,
                                        .ranks_per_run = 4,
                                        .nodes_per_run = 2,
                                        .retry_failed = true,
                                        .track = {run::Tracker::kWandb}});
  Check({argv.begin() + 1, argv.end()});
  for (const char* option : {"--ranks-per-run", "--nodes-per-run", "--set",
                             "--retry-failed", "--track"}) {
    EXPECT_TRUE(seen_.contains(option)) << option;
  }
}

TEST_F(SweepArgv, OfProbeIsKnown) {
  const auto recipe = sweep::ResolveRecipe(runs_[0], true, folder_);
  Check(sweep::ProbeArgv(recipe, file_.probe, {2, "cpu"}));
  EXPECT_TRUE(seen_.contains("--train-range"));
  EXPECT_TRUE(seen_.contains("--classes"));
  EXPECT_TRUE(seen_.contains("--skip-corrupt"));
  EXPECT_TRUE(seen_.contains("--resize"));
  EXPECT_TRUE(seen_.contains("--solver"));
  auto copy = recipe;
  copy.init.copy = {.key = "model", .no_ema = true};
  Check(sweep::ProbeArgv(copy, file_.probe, {2, "cpu"}));
  EXPECT_TRUE(seen_.contains("--checkpoint-key"));
  EXPECT_TRUE(seen_.contains("--no-ema"));
}

}  // namespace
}  // namespace wsel::cli
