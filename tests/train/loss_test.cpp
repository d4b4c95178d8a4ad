#include "wsel/train/loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "throws.h"
#include "train/small_run.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/distiller.h"

namespace wsel::train {
namespace {

// float32 rounding alone changes these by up to 1e-6.
constexpr double kTolerance = 3e-6;

struct Case {
  const char* name;
  LossOptions options;
};

// LOSSES of scripts/golden/losses.py.
const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"bce", {.name = LossName::kBce}},
      {"bce_threshold", {.name = LossName::kBce, .target_threshold = 0.2}},
      {"bce_sum", {.name = LossName::kBce, .sum_classes = true}},
      {"focal", {.name = LossName::kFocal}},
      {"focal_sum", {.name = LossName::kFocal, .sum_classes = true}},
      {"focal_equal",
       {.name = LossName::kFocal, .focal_alpha = -1, .focal_gamma = 1.5}}};
  return cases;
}

class LossGolden {
 public:
  at::Tensor operator[](const std::string& name) const {
    return Borrow(file_->View(name)).clone();
  }

 private:
  std::unique_ptr<checkpoint::Checkpoint> file_ = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/train/losses.safetensors");
};

double Difference(const at::Tensor& ours, const at::Tensor& golden) {
  return ((ours - golden).abs().max() / golden.abs().max()).item<double>();
}

TEST(TaskLoss, MatchesTimmAndTorchvision) {
  const LossGolden golden;
  for (const auto& [name, options] : Cases()) {
    for (const char* kind : {"hard", "mixed"}) {
      const std::string key = std::string(name) + "." + kind;
      SCOPED_TRACE(key);
      const auto logits = golden["logits"].requires_grad_();
      const auto loss =
          TaskLoss(logits, golden[std::string("targets.") + kind], options);
      EXPECT_LE(Difference(loss.detach(), golden[key]), kTolerance);
      loss.backward();
      EXPECT_LE(Difference(logits.grad(), golden[key + ".gradient"]),
                kTolerance);
    }
  }
}

TEST(TaskLoss, IsCrossEntropyByDefault) {
  const LossGolden golden;
  const auto logits = golden["logits"];
  const auto targets = golden["targets.mixed"];
  EXPECT_TRUE(TaskLoss(logits, targets, {})
                  .equal(SoftTargetCrossEntropy(logits, targets)));
}

// Of a skipped image, whose targets are 0.
TEST(TaskLoss, ImagesThatAreNotValidContributeNothing) {
  const LossGolden golden;
  const auto logits = golden["logits"];
  auto targets = golden["targets.mixed"];
  targets[1].zero_();
  auto valid = at::ones({6}, at::kBool);
  valid[1] = false;
  const auto others = at::tensor({0, 2, 3, 4, 5});
  for (const auto& [name, options] : Cases()) {
    const auto with = TaskLoss(logits, targets, options, valid);
    const auto without = TaskLoss(logits.index_select(0, others),
                                  targets.index_select(0, others), options);
    EXPECT_NEAR(with.item<double>(), without.item<double>() * 5 / 6, 1e-6)
        << name;
  }
}

TEST(TaskLoss, IsFloat32WhateverTheLogitsAre) {
  const LossGolden golden;
  for (const auto& [name, options] : Cases()) {
    const auto loss = TaskLoss(golden["logits"].to(at::kBFloat16),
                               golden["targets.mixed"], options);
    EXPECT_EQ(loss.scalar_type(), at::kFloat) << name;
  }
}

TEST(TaskLoss, IsThatOfTheLabelsInDistillation) {
  const LossGolden golden;
  const auto logits = golden["logits"];
  const auto targets = golden["targets.mixed"];
  const LossOptions bce = {.name = LossName::kBce};
  const Distiller distiller({.method = Distillation::kLogit}, 1, 1, 0,
                            c10::kCPU, bce);
  nn::Outputs student;
  student.logits = logits;
  const auto loss = distiller.Loss(student, targets, logits);
  EXPECT_NEAR(loss.loss.item<double>(),
              TaskLoss(logits, targets, bce).item<double>(), 1e-6);
}

TEST(TaskLoss, Trains) {
  for (const LossName name : {LossName::kBce, LossName::kFocal}) {
    Options options = LearningOptions();
    options.loss.name = name;
    options.loss.sum_classes = true;
    const TempFolder folder;
    const TrainResult result = SmallRun(options).Train(folder.path());
    EXPECT_EQ(result.state.best_top1, 100) << Losses().NameOf(name);
  }
}

TEST(LossOptions, AreChecked) {
  const auto rejects = [](const LossOptions& options, const std::string& key) {
    ExpectError([&] { Validate(options); }, ErrorKind::kConfig, {key + ": "});
  };
  rejects({.target_threshold = 1}, "loss.target_threshold");
  rejects({.target_threshold = -0.1}, "loss.target_threshold");
  rejects({.focal_alpha = 1.5}, "loss.focal_alpha");
  rejects({.focal_alpha = -0.5}, "loss.focal_alpha");
  rejects({.focal_gamma = -1}, "loss.focal_gamma");
}

}  // namespace
}  // namespace wsel::train
