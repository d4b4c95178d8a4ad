#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

#include "optim/golden_tensors.h"
#include "throws.h"
#include "wsel/optim/adamw.h"

namespace wsel::optim {
namespace {

// Goldens by scripts/golden/optim.py with torch's clip_grad_norm_ at 0.5 before
// each step of AdamW.
TEST(ClipGradients, MatchesTorch) {
  const GoldenTensors golden("adamw_clipped.safetensors");
  const at::Tensor norms = golden["norms"];
  const NamedTensors parameters = GoldenParameters();
  AdamW optimizer(parameters, {});
  for (int step = 0; step < kGoldenSteps; ++step) {
    SetGradients(parameters, step);
    EXPECT_FLOAT_EQ(ClipGradients(parameters, 0.5).item<float>(),
                    norms[step].item<float>());
    optimizer.Step(GoldenRate(step));
  }
  for (const auto& [name, parameter] : parameters) {
    EXPECT_LE(RelativeDifference(parameter, golden[name]), 3e-7) << name;
  }
  for (const auto& [name, tensor] : optimizer.StateDict()) {
    EXPECT_LE(RelativeDifference(tensor, golden[name]), 1e-6) << name;
  }
}

NamedTensors TwoGradients() {
  NamedTensors parameters;
  for (const char* name : {"a", "b", "none"}) {
    parameters.push_back({name, Parameter(at::zeros({2}))});
  }
  parameters[0].tensor.mutable_grad() = at::full({2}, 3.0F);
  parameters[1].tensor.mutable_grad() = at::full({2}, 4.0F);
  return parameters;  // of norm sqrt(50)
}

TEST(ClipGradients, ClipsOnlyAboveMaxNorm) {
  const NamedTensors parameters = TwoGradients();
  EXPECT_FLOAT_EQ(ClipGradients(parameters, 8).item<float>(), 7.0710678F);
  EXPECT_TRUE(parameters[0].tensor.grad().equal(at::full({2}, 3.0F)));
  ClipGradients(parameters, 1);
  EXPECT_FLOAT_EQ(ClipGradients(parameters, 8).item<float>(), 0.9999999F);
  EXPECT_FALSE(parameters[2].tensor.grad().defined());
}

TEST(ClipGradients, NormIs0WithoutGradients) {
  EXPECT_EQ(ClipGradients({}, 1).item<float>(), 0);
}

TEST(ClipGradients, RejectsInvalidMaxNorm) {
  const auto rejects = [](double max_norm) {
    ExpectError([&] { ClipGradients(TwoGradients(), max_norm); },
                ErrorKind::kConfig, {"max_norm"});
  };
  rejects(0);
  rejects(-1);
  rejects(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace
}  // namespace wsel::optim
