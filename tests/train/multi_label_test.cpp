// Training on images with several labels.

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "distributed/run_ranks.h"
#include "throws.h"
#include "train/label_scores.h"
#include "train/small_run.h"
#include "train/step_batches.h"
#include "train/weighted_loss.h"
#include "wsel/augment/apply_to_batch.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/run/log.h"
#include "wsel/train/loss.h"

namespace wsel::train {
namespace {

using testing::HasSubstr;
using testing::Not;

// 24 images: red in every second, green in every third, neither in a third.
data::Dataset ManyLabels() {
  data::Dataset set = SmallSet();
  set.classes = {"red", "green"};
  set.labels.assign(24, 0);
  for (int32_t i = 0; i < 24; ++i) {
    auto& labels = set.label_sets.emplace_back();
    if (i % 2 == 0) labels.push_back(0);
    if (i % 3 == 0) labels.push_back(1);
  }
  set.image = [labels = set.label_sets](int64_t index) {
    image::Image sample(12, 12, image::Rgb{40, 40, 40});
    for (const int32_t label : labels[static_cast<size_t>(index)]) {
      for (size_t i = static_cast<size_t>(label); i < sample.bytes().size();
           i += 3) {
        sample.bytes()[i] = 200;
      }
    }
    return sample;
  };
  return set;
}

Options MultiLabelOptions() {
  Options options = SmallOptions();
  options.multi_label = true;
  options.loss.name = LossName::kBce;
  options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0, .smoothing = 0};
  return options;
}

model::Config TwoClasses() {
  model::Config config = SmallVit();
  SetNumClasses(config, 2);
  return config;
}

TrainResult Train(const Options& options, const std::filesystem::path& path) {
  SmallRun run(options);
  run.job.train = ManyLabels();
  run.job.test = ManyLabels();
  nn::Model model = nn::Build(TwoClasses());
  Initialize(model, model::Initializer::kTimm, 1);
  const RunFolder folder(path);
  return Fit(model, run.job, folder, {});
}

// scripts/golden/multi_label.py: torch's BCEWithLogitsLoss.
TEST(MultiLabel, PosWeightsAreTorchs) {
  ExpectWeightedLoss("multi_label.json", "pos_weight",
                     [](const at::Tensor& logits, const at::Tensor& targets,
                        const at::Tensor& weight) {
                       return TaskLoss(logits, targets,
                                       {.name = LossName::kBce}, {}, weight);
                     });
}

// timm's values of one label, for every label that there is.
TEST(MultiLabel, TargetsAreSmoothedAndMixed) {
  const auto labels = at::tensor({2, 0}, at::kLong);
  const auto hot = at::one_hot(labels, 3).to(at::kFloat);
  for (const double lambda : {1., 0.7}) {
    EXPECT_TRUE(at::allclose(augment::MixMultiHot(hot, 0.1, lambda),
                             augment::MixTargets(labels, 3, 0.1, lambda),
                             1e-6));
  }
  const auto two = at::tensor({1.F, 1.F, 0.F, 0.F, 0.F, 0.F}).view({2, 3});
  const auto mixed = augment::MixMultiHot(two, 0, 0.75);
  const auto expected =
      at::tensor({0.75F, 0.75F, 0.F, 0.25F, 0.25F, 0.F}).view({2, 3});
  EXPECT_TRUE(at::allclose(mixed, expected));
}

TEST(MultiLabel, BatchesHaveTheirLabelsAndWeights) {
  Options options = MultiLabelOptions();
  options.batch_size = 24;
  options.class_weights = ClassWeights::kBalanced;
  SmallRun run(options);
  run.job.train = ManyLabels();
  Uploader uploader(c10::kCPU, options.normalisation);
  StepBatches batches(run.job, 2, uploader, 0, 1, nullptr);
  at::Tensor sums = at::zeros({2});
  batches.ForEachMicroBatch(0, [&](const MicroBatch& batch) {
    sums += batch.targets.sum(0);
    // 12 of 24 images are red, 8 are green.
    EXPECT_TRUE(at::allclose(batch.pos_weight, at::tensor({1.F, 2.F})));
  });
  EXPECT_TRUE(sums.equal(at::tensor({12.F, 8.F})));
}

TEST(MultiLabel, TrainsAndLogsMap) {
  for (const LossName loss : {LossName::kBce, LossName::kFocal}) {
    Options options = MultiLabelOptions();
    options.loss.name = loss;
    options.class_weights = ClassWeights::kBalanced;
    options.schedule.epochs = 60;
    options.schedule.warmup_epochs = 6;
    options.transform.rand_augment = "";
    options.erasing.probability = 0;
    const TempFolder folder;
    const TrainResult result = Train(options, folder.path());
    EXPECT_EQ(result.state.best_top1, 100) << Losses().NameOf(loss);
    EXPECT_GE(result.state.best_subset_accuracy, 0);
    const std::string metrics = ReadText(folder / "metrics.jsonl");
    EXPECT_THAT(metrics, HasSubstr("\"eval_map\""));
    EXPECT_THAT(metrics, HasSubstr("\"eval_subset_accuracy\""));
    EXPECT_THAT(metrics, HasSubstr("\"ema_map\""));
    EXPECT_THAT(metrics, Not(HasSubstr("top1")));
    EXPECT_THAT(metrics, Not(HasSubstr("balanced_accuracy")));
    const auto log = run::ReadSummaryCsv(folder / "summary.csv");
    ASSERT_EQ(log.epochs.size(), 60U);
    EXPECT_FALSE(log.epochs.back().top1);
    EXPECT_EQ(log.epochs.back().map, result.state.last_top1);
    EXPECT_TRUE(log.epochs.back().macro_f1);
    EXPECT_TRUE(log.epochs.back().subset_accuracy);
    EXPECT_FALSE(std::filesystem::exists(folder / "confusion.csv"));
  }
}

TEST(MultiLabel, MixupAndCutMixTrain) {
  Options options = MultiLabelOptions();
  options.mix = {};
  const TempFolder folder;
  const TrainResult result = Train(options, folder.path());
  EXPECT_GE(result.state.last_top1, 0);
  EXPECT_TRUE(std::isfinite(result.state.last_loss));
}

// mAP is of the images of all ranks, in one order.
TEST(MultiLabel, RanksRankTheImagesOfAll) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  // Five batches of up to two images, of which two ranks have three and two.
  const auto logits = at::randn({9, 3});
  const auto hot = (at::randn({9, 3}) > 0).to(at::kFloat);
  LabelScores alone;
  alone.Add(logits, hot);
  const MultiLabelMetrics expected = alone.Table().Metrics();
  for (const int ranks : {2, 3, 7}) {
    std::vector<MultiLabelMetrics> found(static_cast<size_t>(ranks));
    distributed::RunRanks(ranks, [&](distributed::ProcessGroup& group) {
      LabelScores own;
      for (int64_t at = int64_t{2} * group.rank(); at < 9;
           at += int64_t{2} * ranks) {
        const int64_t size = std::min<int64_t>(2, 9 - at);
        own.Add(logits.narrow(0, at, size), hot.narrow(0, at, size));
      }
      own.GatherRanks(group);
      found[static_cast<size_t>(group.rank())] = own.Table().Metrics();
    });
    for (const MultiLabelMetrics& metrics : found) {
      EXPECT_EQ(metrics.mean_ap, expected.mean_ap) << ranks;
      EXPECT_EQ(metrics.macro_f1, expected.macro_f1);
      EXPECT_EQ(metrics.subset_accuracy, expected.subset_accuracy);
      EXPECT_EQ(metrics.loss, expected.loss);
    }
  }
}

TEST(MultiLabel, WhatComparesClassesIsAnError) {
  const auto rejects = [](const Options& options, const std::string& key,
                          const std::string& hint) {
    ExpectError([&] { Validate(options); }, ErrorKind::kConfig, {key, hint});
  };
  Options options = MultiLabelOptions();
  Validate(options);
  options.class_weights = ClassWeights::kBalanced;
  Validate(options);
  options = MultiLabelOptions();
  options.loss.name = LossName::kCrossEntropy;
  rejects(options, "loss.name", "bce or focal");
  options = MultiLabelOptions();
  options.distill.method = Distillation::kHard;
  options.distill.alpha = 0.5;
  rejects(options, "distill.method", "use feature");
  options = MultiLabelOptions();
  options.sampler = data::Sampling::kBalanced;
  rejects(options, "train.sampler", "train.class_weights=balanced");
}

}  // namespace
}  // namespace wsel::train
