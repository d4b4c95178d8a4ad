#include "wsel/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "optim/golden_tensors.h"
#include "throws.h"

namespace wsel::optim {
namespace {

void UpdateEma(const at::Tensor& weight, int step) {
  const at::NoGradGuard no_grad;
  weight.add_(HashedTensor("ema.w." + std::to_string(step), {9, 7}));
}

// Goldens by scripts/golden/optim.py with timm's ModelEmaV3.
TEST(Ema, MatchesTimm) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  Ema ema({{"w", weight}}, 0.9);
  for (int step = 0; step < kGoldenSteps; ++step) {
    UpdateEma(weight, step);
    ema.Update();
  }
  const GoldenTensors golden("ema.safetensors");
  ASSERT_EQ(ema.ema_weights().size(), golden.size());
  EXPECT_LE(RelativeDifference(ema.ema_weights()[0].tensor, golden["w"]), 3e-7);
}

// With its decay warmup, which reaches 0.7 after some steps.
TEST(Ema, WarmupMatchesTimm) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  Ema ema({{"w", weight}}, 0.7, /*warmup=*/true);
  EXPECT_EQ(ema.DecayAt(1), 0);
  EXPECT_NEAR(ema.DecayAt(2), 1 - std::pow(2.0, -2.0 / 3), 1e-15);
  EXPECT_EQ(ema.DecayAt(1000), 0.7);
  for (int step = 0; step < kGoldenSteps; ++step) {
    UpdateEma(weight, step);
    ema.Update(step + 1);
  }
  const GoldenTensors golden("ema_warmup.safetensors");
  EXPECT_LE(RelativeDifference(ema.ema_weights()[0].tensor, golden["w"]), 3e-7);
}

TEST(Ema, StartsAsACopyOfTheWeights) {
  const at::Tensor weight = Parameter(at::ones({2, 2}));
  const Ema ema({{"w", weight}}, 0.9);
  {
    const at::NoGradGuard no_grad;
    weight.zero_();
  }
  EXPECT_EQ(ema.ema_weights()[0].name, "w");
  EXPECT_FALSE(ema.ema_weights()[0].tensor.requires_grad());
  EXPECT_TRUE(ema.ema_weights()[0].tensor.equal(at::ones({2, 2})));
}

TEST(Ema, ResumesBitIdentically) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  Ema straight({{"w", weight}}, 0.99);
  UpdateEma(weight, 0);
  straight.Update();
  Ema resumed({{"w", weight}}, 0.99);
  resumed.LoadStateDict(CloneTensors(straight.ema_weights()), "run state");
  UpdateEma(weight, 1);
  straight.Update();
  resumed.Update();
  EXPECT_TRUE(
      resumed.ema_weights()[0].tensor.equal(straight.ema_weights()[0].tensor));
}

TEST(Ema, RejectsADecayOutside0To1) {
  ExpectError([] { Ema({}, 1); }, ErrorKind::kConfig, {"ema_decay"});
  ExpectError([] { Ema({}, -0.1); }, ErrorKind::kConfig, {"ema_decay"});
}

TEST(Ema, RejectsAMismatchingState) {
  Ema ema({{"w", at::ones({2, 2})}}, 0.9);
  ExpectError(
      [&] {
        ema.LoadStateDict({{"v", at::ones({2, 2})}}, "last.state");
      },
      ErrorKind::kMismatch, {"last.state", "'v'"});
}

}  // namespace
}  // namespace wsel::optim
