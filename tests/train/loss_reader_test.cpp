#include "train/loss_reader.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace wsel::train {
namespace {

at::Tensor Scalar(double value) { return at::tensor(value, at::kFloat); }

TEST(LossReader, IsDueAfterEachStepOnACpu) {
  LossReader reader(c10::kCPU);
  EXPECT_EQ(reader.Read().steps, 0);
  reader.Add(Scalar(0.5), {});
  EXPECT_TRUE(reader.IsDue(1));
  const auto losses = reader.Read();
  EXPECT_EQ(losses.steps, 1);
  EXPECT_EQ(losses.sum, 0.5);
  EXPECT_FALSE(losses.kd_loss);
  EXPECT_EQ(reader.Read().steps, 0);
}

// The device only sets the interval: no GPU is needed. After 7 steps a save has
// read the losses, which does not move the steps that are logged.
TEST(LossReader, SumsSeveralStepsForAGpu) {
  LossReader reader(c10::Device(c10::kCUDA, 0));
  int64_t step = 7;
  do {
    ++step;
    reader.Add(Scalar(2), Scalar(static_cast<double>(step)));
  } while (!reader.IsDue(step));
  EXPECT_EQ(step % kLogInterval, 0);
  const auto losses = reader.Read();
  EXPECT_EQ(losses.steps, step - 7);
  EXPECT_EQ(losses.mean(), 2);
  EXPECT_EQ(losses.kd_loss, static_cast<double>(step));
}

}  // namespace
}  // namespace wsel::train
