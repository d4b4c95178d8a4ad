#include "wsel/train/loss_scaler.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

namespace wsel::train {
namespace {

const c10::Device kScalerDevice(c10::kCPU);

// A weight with every gradient equal to `gradient`.
optim::NamedTensors Weight(float gradient) {
  auto weight = at::zeros({3}).requires_grad_(true);
  weight.mutable_grad() = at::full({3}, gradient);
  return {{"weight", weight}};
}

float Scale(const LossScaler& scaler) {
  return scaler.State()[0].tensor.item<float>();
}

TEST(LossScaler, UnscalesGradients) {
  LossScaler scaler(kScalerDevice);
  EXPECT_EQ(scaler.Scale(at::tensor(2.0F)).item<float>(), 131072);
  const auto weight = Weight(65536 * 0.75F);
  EXPECT_TRUE(scaler.Unscale(weight));
  EXPECT_TRUE(at::equal(weight[0].tensor.grad(), at::full({3}, 0.75F)));
  EXPECT_EQ(Scale(scaler), 65536);
}

TEST(LossScaler, AnOverflowHalvesTheScaleAndSkipsTheStep) {
  LossScaler scaler(kScalerDevice);
  EXPECT_FALSE(scaler.Unscale(Weight(std::numeric_limits<float>::infinity())));
  EXPECT_EQ(Scale(scaler), 32768);
  EXPECT_FALSE(scaler.Unscale(Weight(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_EQ(Scale(scaler), 16384);
}

TEST(LossScaler, DoublesAfterTwoThousandGoodSteps) {
  LossScaler scaler(kScalerDevice);
  for (int step = 0; step < 1000; ++step) scaler.Unscale(Weight(1));
  // An overflow resets the count.
  scaler.Unscale(Weight(std::numeric_limits<float>::infinity()));
  for (int step = 0; step < 1999; ++step) scaler.Unscale(Weight(1));
  EXPECT_EQ(Scale(scaler), 32768);
  scaler.Unscale(Weight(1));
  EXPECT_EQ(Scale(scaler), 65536);
}

TEST(LossScaler, ResumesFromItsState) {
  LossScaler first(kScalerDevice);
  first.Unscale(Weight(std::numeric_limits<float>::infinity()));
  first.Unscale(Weight(1));
  LossScaler second(kScalerDevice);
  for (const auto& [name, tensor] : second.State()) {
    for (const auto& saved : first.State()) {
      if (saved.name == name) tensor.copy_(saved.tensor);
    }
  }
  EXPECT_EQ(Scale(second), 32768);
  EXPECT_EQ(second.State()[1].tensor.item<int>(), 1);
}

}  // namespace
}  // namespace wsel::train
