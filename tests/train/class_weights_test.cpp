#include "wsel/train/class_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "train/small_run.h"
#include "train/step_batches.h"
#include "train/weighted_loss.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/train/class_metrics.h"
#include "wsel/train/distiller.h"

namespace wsel::train {
namespace {

// SmallSet without most of the blue images: 8 red, 8 green, 2 blue.
data::Dataset Imbalanced() {
  data::Dataset set = SmallSet();
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < set.size(); ++i) {
    if (i % 3 != 2 || i < 6) chosen.push_back(i);
  }
  data::Dataset part = set;
  part.labels.clear();
  for (const int64_t i : chosen) {
    part.labels.push_back(set.labels[static_cast<size_t>(i)]);
  }
  part.image = [chosen, image = set.image](int64_t i) {
    return image(chosen[static_cast<size_t>(i)]);
  };
  return part;
}

// scripts/golden/class_metrics.py: torch's cross_entropy with class
// probabilities and weights.
TEST(ClassWeights, WeighTheLossAsPyTorchDoes) {
  ExpectWeightedLoss("class_metrics.json", "weight",
                     [](const at::Tensor& logits, const at::Tensor& targets,
                        const at::Tensor& weight) {
                       return SoftTargetCrossEntropy(logits, targets * weight);
                     });
}

// The targets of an epoch's images sum to their classes' weights, mixed or not,
// whoever computes them.
TEST(ClassWeights, AreInTheTargets) {
  Options options = SmallOptions();
  options.batch_size = 18;
  options.micro_batch = 3;
  options.mixup_batch = 6;
  options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0, .smoothing = 0};
  options.class_weights = ClassWeights::kBalanced;
  SmallRun run(options);
  run.job.train = Imbalanced();
  Uploader uploader(c10::kCPU, options.normalisation);
  StepBatches batches(run.job, 3, uploader, 0, 1, nullptr);
  at::Tensor sums = at::zeros({3});
  batches.ForEachMicroBatch(
      0, [&](const MicroBatch& batch) { sums += batch.targets.sum(0); });
  // Each class has the same part of the loss: 18 images / 3 classes.
  EXPECT_TRUE(at::allclose(sums, at::full({3}, 6.F), 1e-5));
  const std::vector<int64_t> samples = {8, 8, 2};
  EXPECT_EQ(BalancedClassWeights(samples)[2], 3);
}

TEST(ClassWeights, MayBeGiven) {
  Options options = SmallOptions();
  options.batch_size = 18;
  options.micro_batch = 3;
  options.mixup_batch = 6;
  options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0, .smoothing = 0};
  options.class_weights =
      ParseClassWeights("green=2,red=1,blue=0.5", "train.class_weights");
  SmallRun run(options);
  run.job.train = Imbalanced();
  Uploader uploader(c10::kCPU, options.normalisation);
  StepBatches batches(run.job, 3, uploader, 0, 1, nullptr);
  at::Tensor sums = at::zeros({3});
  batches.ForEachMicroBatch(
      0, [&](const MicroBatch& batch) { sums += batch.targets.sum(0); });
  EXPECT_TRUE(at::allclose(sums, at::tensor({8.F, 16.F, 1.F}), 1e-5));
}

TEST(ClassWeights, AndTheSamplerTrainOnImbalancedClasses) {
  for (const bool sampler : {false, true}) {
    Options options = SmallOptions();
    options.batch_size = 6;
    options.micro_batch = 2;
    options.mixup_batch = 2;
    options.schedule.epochs = 60;
    options.schedule.warmup_epochs = 6;
    options.mix = {.mixup_alpha = 0, .cutmix_alpha = 0};
    options.transform.rand_augment = "";
    options.erasing.probability = 0;
    if (sampler) {
      options.sampler = data::Sampling::kBalanced;
    } else {
      options.class_weights = ClassWeights::kBalanced;
    }
    SmallRun run(options);
    run.job.train = Imbalanced();
    const TempFolder folder;
    const TrainResult result = run.Train(folder.path());
    EXPECT_EQ(result.state.best_top1, 100) << sampler;
    EXPECT_EQ(result.state.best_balanced_accuracy, 100);
    EXPECT_EQ(result.state.best_macro_f1, 100);
  }
}

TEST(BalancedSampler, EndsInTheSameBytesWhereverItWasInterrupted) {
  Options options = SmallOptions();
  options.sampler = data::Sampling::kBalanced;
  const auto train = [&](const TempFolder& folder, int64_t stop) {
    SmallRun run(options);
    run.job.train = Imbalanced();
    TrainCallbacks callbacks;
    callbacks.stop_signal = [stop, done = int64_t{0}]() mutable {
      return ++done == stop ? 15 : 0;
    };
    return run.Train(folder.path(), callbacks);
  };
  const TempFolder whole;
  train(whole, 0);
  const TempFolder parts;
  EXPECT_EQ(train(parts, 2).signal, 15);
  train(parts, 0);
  for (const char* name : {"last.safetensors", "summary.csv"}) {
    EXPECT_EQ(ReadAll(whole / name), ReadAll(parts / name)) << name;
  }
}

}  // namespace
}  // namespace wsel::train
