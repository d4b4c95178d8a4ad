#include "wsel/optim/weight_average.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "optim/golden_tensors.h"
#include "throws.h"

namespace wsel::optim {
namespace {

void UpdateWeight(const at::Tensor& weight, int step) {
  const at::NoGradGuard no_grad;
  weight.add_(HashedTensor("ema.w." + std::to_string(step), {9, 7}));
}

// Goldens by scripts/golden/optim.py with torch's AveragedModel.
TEST(WeightAverage, MatchesTorch) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  WeightAverage average({{"w", weight}});
  for (int step = 0; step < kGoldenSteps; ++step) {
    UpdateWeight(weight, step);
    average.Add(step + 1);
  }
  const GoldenTensors golden("average.safetensors");
  ASSERT_EQ(average.weights().size(), golden.size());
  EXPECT_LE(RelativeDifference(average.weights()[0].tensor, golden["w"]), 3e-7);
}

TEST(WeightAverage, TheFirstIsACopy) {
  const at::Tensor weight = Parameter(HashedTensor("ema.w", {9, 7}));
  WeightAverage average({{"w", weight}});
  UpdateWeight(weight, 0);
  average.Add(1);
  EXPECT_TRUE(average.weights()[0].tensor.equal(weight));
  ExpectError([&] { average.Add(0); }, ErrorKind::kConfig, {"0"});
}

}  // namespace
}  // namespace wsel::optim
