// What chooses the best weights, and when training ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "throws.h"
#include "train/small_run.h"
#include "train/step_batches.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Counts how often each image is evaluated.
data::Dataset Counted(const std::shared_ptr<std::atomic<int>>& count) {
  data::Dataset set = SmallSet();
  set.image = [count, image = set.image](int64_t i) {
    ++*count;
    return image(i);
  };
  return set;
}

// The images of SmallSet, all called red: top-1 is the share predicted so.
data::Dataset AllRed() {
  data::Dataset set = SmallSet();
  for (int32_t& label : set.labels) label = 0;
  return set;
}

TEST(Validation, ChoosesTheBestWeightsAndTheTestImagesAreSeenOnce) {
  const auto count = std::make_shared<std::atomic<int>>(0);
  SmallRun run(SmallOptions());
  run.job.val = SmallSet();
  run.job.test = Counted(count);
  std::vector<int> seen;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochReport&) {
    seen.push_back(count->load());
  };
  const TempFolder folder;
  const TrainResult result = run.Train(folder.path(), callbacks);
  EXPECT_THAT(seen, ElementsAre(0, 0, 0));
  EXPECT_EQ(count->load(),
            2 * 24);  // the best weights and the best EMA weights
  // Both have the same images here.
  EXPECT_EQ(result.state.test_top1, result.state.best_top1);
  EXPECT_EQ(result.state.test_balanced_accuracy,
            result.state.best_balanced_accuracy);
  EXPECT_EQ(result.state.test_macro_f1, result.state.best_macro_f1);
  EXPECT_EQ(result.state.test_ema_top1, result.state.best_ema_top1);
  const auto json = ParseJson(ReadText(folder / "test.json"), "test.json",
                              ErrorKind::kFormat);
  EXPECT_EQ(json["num_images"], 24);
  EXPECT_EQ(json["top1"], result.state.test_top1);
  EXPECT_EQ(json["epoch"], result.state.best_epoch);
  EXPECT_THAT(ReadText(folder / "confusion.csv"),
              HasSubstr("label,red,green,blue\n"));

  // A run that has ended has nothing left to do.
  EXPECT_EQ(run.Train(folder.path()).state, result.state);
  EXPECT_EQ(count->load(), 2 * 24);
}

// As with another train.epochs when it is resumed.
TEST(Validation, ARunThatIsTrainedFurtherIsTestedAgain) {
  const auto count = std::make_shared<std::atomic<int>>(0);
  SmallRun run(SmallOptions());
  run.job.val = SmallSet();
  run.job.test = Counted(count);
  const TempFolder folder;
  run.Train(folder.path());
  run.job.options.schedule.epochs = 5;
  const TrainResult result = run.Train(folder.path());
  EXPECT_EQ(result.state.step, 5 * 3);
  EXPECT_EQ(count->load(), 2 * 2 * 24);
  const auto json = ParseJson(ReadText(folder / "test.json"), "test.json",
                              ErrorKind::kFormat);
  EXPECT_EQ(json["epoch"], result.state.best_epoch);
}

TEST(Validation, TheAverageOfTheLastEpochsIsTestedToo) {
  Options options = SmallOptions();
  options.average_last = 2;
  SmallRun run(options);
  run.job.val = SmallSet();
  std::optional<Evaluation> average;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochReport& report) {
    average = report.average;
  };
  const TempFolder folder;
  const TrainResult result = run.Train(folder.path(), callbacks);
  // Both have the same images here.
  ASSERT_TRUE(average);
  EXPECT_EQ(result.state.test_average_top1, average->top1);
  const auto json = ParseJson(ReadText(folder / "test.json"), "test.json",
                              ErrorKind::kFormat);
  EXPECT_EQ(json["average"]["top1"], average->top1);
}

TEST(Validation, AFailingTestIsRepeated) {
  SmallRun run(SmallOptions());
  run.job.val = SmallSet();
  const auto good = run.job.test.image;
  run.job.test.image = [](int64_t) -> image::Image {
    throw Error(ErrorKind::kFormat, "small", "is bad");
  };
  const TempFolder folder;
  ExpectError([&] { run.Train(folder.path()); }, ErrorKind::kFormat,
              {"small", "is bad"});
  EXPECT_FALSE(std::filesystem::exists(folder / "test.json"));
  run.job.test.image = good;
  const TrainResult result = run.Train(folder.path());
  EXPECT_EQ(result.state.step, 9);
  EXPECT_EQ(result.state.test_top1, result.state.best_top1);
  EXPECT_TRUE(std::filesystem::exists(folder / "test.json"));
}

// The official way, and sets that have no test images.
TEST(Validation, WithoutOtherImagesNothingIsTestedAtTheEnd) {
  for (const bool val : {false, true}) {
    SmallRun run(SmallOptions());
    if (val) {
      run.job.val = run.job.test;
      run.job.test = {};
    }
    const TempFolder folder;
    const TrainResult result = run.Train(folder.path());
    EXPECT_EQ(result.state.test_top1, -1);
    EXPECT_GE(result.state.best_top1, 0);
    EXPECT_FALSE(std::filesystem::exists(folder / "test.json"));
    EXPECT_TRUE(std::filesystem::exists(folder / "confusion.csv"));
  }
}

// A model that does not learn has its best top-1 in the first epoch.
Options Stuck(int64_t patience) {
  Options options = SmallOptions();
  options.schedule.epochs = 20;
  options.schedule.warmup_epochs = 0;
  options.schedule.lr = 0;
  options.schedule.min_lr = 0;
  options.optimizer.weight_decay = 0;
  options.patience = patience;
  return options;
}

// A NaN is neither larger nor smaller than another logit.
TEST(Validation, ImagesWithoutFiniteLogitsAreWrong) {
  const SmallRun run(SmallOptions());
  Uploader uploader(run.job.device, run.job.options.normalisation);
  data::Loader loader =
      OrderedLoader(run.job, run.job.test,
                    MakeEvalTransform(run.job.options.evaluation), uploader);
  const auto nans = [](const at::Tensor& images) {
    return at::full({images.size(0), 3}, std::nan(""));
  };
  const Evaluation result =
      Evaluate(nans, loader, uploader,
               {.img_size = run.job.options.evaluation.img_size});
  EXPECT_GT(result.count, 0);
  EXPECT_EQ(result.top1, 0);
  EXPECT_EQ(result.top5, 0);
}

TEST(Patience, EndsTrainingAfterSoManyEvaluations) {
  std::vector<int64_t> epochs;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochReport& report) {
    epochs.push_back(report.epoch);
  };
  const TempFolder folder;
  const TrainResult result = SmallRun(Stuck(2)).Train(folder.path(), callbacks);
  EXPECT_THAT(epochs, ElementsAre(1, 2, 3));
  EXPECT_TRUE(result.ended_early);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.state.best_epoch, 1);
  EXPECT_EQ(result.state.step, 9);
  // It has ended for good.
  const TrainResult again = SmallRun(Stuck(2)).Train(folder.path(), callbacks);
  EXPECT_EQ(epochs.size(), 3U);
  EXPECT_TRUE(again.ended_early);
  EXPECT_EQ(again.state, result.state);
}

TEST(Patience, CountsEvaluationsNotEpochs) {
  Options options = Stuck(2);
  options.val_interval = 3;
  const TempFolder folder;
  const TrainResult result = SmallRun(options).Train(folder.path());
  EXPECT_EQ(result.state.best_epoch, 3);
  EXPECT_EQ(result.state.step, 9 * 3);
}

TEST(Patience, IsNotUsedUpByAnImprovement) {
  Options options = SmallOptions();
  options.patience = 3;  // as many as there are epochs
  const TempFolder folder;
  const TrainResult result = SmallRun(options).Train(folder.path());
  EXPECT_FALSE(result.ended_early);
  EXPECT_EQ(result.state.step, 9);
  options.patience = -1;
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"train.patience"});
  options.patience = 1;
  options.average_last = 2;
  ExpectError([&] { Validate(options); }, ErrorKind::kConfig,
              {"train.average_last", "train.patience"});
}

// Wherever it is interrupted.
TEST(Patience, IsPartOfTheState) {
  for (int64_t stop = 1; stop < 9; ++stop) {
    const TempFolder folder;
    TrainCallbacks callbacks;
    callbacks.stop_signal = [stop, done = int64_t{0}]() mutable {
      return ++done == stop ? 15 : 0;
    };
    EXPECT_EQ(SmallRun(Stuck(2)).Train(folder.path(), callbacks).signal, 15);
    const TrainResult rest = SmallRun(Stuck(2)).Train(folder.path());
    EXPECT_TRUE(rest.ended_early);
    EXPECT_EQ(rest.state.step, 9) << stop;
  }
}

TEST(Validation, MetricsCountClassesNotImages) {
  SmallRun run(Stuck(1));
  run.job.test = AllRed();
  std::optional<Evaluation> last;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochReport& report) { last = report.test; };
  const TempFolder folder;
  run.Train(folder.path(), callbacks);
  ASSERT_TRUE(last);
  // One class has images: its recall is the accuracy.
  EXPECT_NEAR(last->balanced_accuracy, last->top1, 1e-9);
  EXPECT_LE(last->macro_f1, last->top1 * 2 / (1 + last->top1 / 100) + 1e-9);
  EXPECT_EQ(last->confusion.sum().item<int64_t>(), 24);
  EXPECT_EQ(last->confusion[0].sum().item<int64_t>(), 24);
  EXPECT_NEAR(last->confusion[0][0].item<double>() * 100 / 24, last->top1,
              1e-9);
}

}  // namespace
}  // namespace wsel::train
