#include "wsel/optim/ema.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "optim/golden_tensors.h"
#include "throws.h"

namespace wsel::optim {
namespace {

void Move(const at::Tensor& weight, int step) {
  const at::NoGradGuard no_grad;
  weight.add_(HashedTensor("ema.w." + std::to_string(step), {9, 7}));
}

// Made by scripts/golden/optim.py with timm's ModelEmaV3.
TEST(Ema, EqualsTimms) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  Ema ema({{"w", weight}}, 0.9);
  for (int step = 0; step < kGoldenSteps; ++step) {
    Move(weight, step);
    ema.Update();
  }
  const GoldenTensors golden("ema.safetensors");
  ASSERT_EQ(ema.averages().size(), golden.size());
  EXPECT_LE(RelativeDifference(ema.averages()[0].tensor, golden["w"]), 3e-7);
}

TEST(Ema, StartsAtTheWeightsAndSharesNothing) {
  const at::Tensor weight = Parameter(at::ones({2, 2}));
  const Ema ema({{"w", weight}}, 0.9);
  {
    const at::NoGradGuard no_grad;
    weight.zero_();
  }
  EXPECT_EQ(ema.averages()[0].name, "w");
  EXPECT_FALSE(ema.averages()[0].tensor.requires_grad());
  EXPECT_TRUE(ema.averages()[0].tensor.equal(at::ones({2, 2})));
}

TEST(Ema, ResumesToTheBit) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  Ema through({{"w", weight}}, 0.99);
  Move(weight, 0);
  through.Update();
  Ema resumed({{"w", weight}}, 0.99);
  resumed.ImportState(Snapshot(through.averages()), "run state");
  Move(weight, 1);
  through.Update();
  resumed.Update();
  EXPECT_TRUE(resumed.averages()[0].tensor.equal(through.averages()[0].tensor));
}

TEST(Ema, RefusesADecayThatIsNone) {
  ExpectError([] { Ema({}, 1); }, ErrorKind::kConfig, {"train.ema_decay"});
  ExpectError([] { Ema({}, -0.1); }, ErrorKind::kConfig, {"train.ema_decay"});
}

TEST(Ema, RefusesAStateThatDoesNotFit) {
  Ema ema({{"w", at::ones({2, 2})}}, 0.9);
  ExpectError(
      [&] {
        ema.ImportState({{"v", at::ones({2, 2})}}, "last.state");
      },
      ErrorKind::kMismatch, {"last.state", "'v'"});
}

}  // namespace
}  // namespace wsel::optim
