#include "wsel/optim/adamw.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "optim/golden_tensors.h"
#include "throws.h"

namespace wsel::optim {
namespace {

void TrainAdamW(AdamW& optimizer, const NamedTensors& parameters, int from,
                int to) {
  for (int step = from; step < to; ++step) {
    SetGradients(parameters, step);
    optimizer.Step(GoldenRate(step));
    ZeroGradients(parameters);
  }
}

void ExpectAdamWGolden(const NamedTensors& parameters,
                       const NamedTensors& state, const std::string& file,
                       double tolerance) {
  const GoldenTensors golden(file);
  EXPECT_EQ(golden.size(), parameters.size() + state.size());
  for (const auto* tensors : {&parameters, &state}) {
    for (const auto& [name, tensor] : *tensors) {
      EXPECT_LE(RelativeDifference(tensor, golden[name]), tolerance)
          << file << ": " << name;
    }
  }
}

// Goldens by scripts/golden/optim.py with torch.optim.AdamW. Tolerances are a
// few units in the last place of float32 (6e-8): processors differ in fused
// multiply-adds, and torch's kernels in the order of products.
TEST(AdamW, MatchesTorchFusedAndUnfused) {
  const NamedTensors parameters = GoldenParameters();
  AdamW optimizer(parameters, {});
  TrainAdamW(optimizer, parameters, 0, kGoldenSteps);
  const NamedTensors state = optimizer.StateDict();
  ExpectAdamWGolden(parameters, state, "adamw_fused.safetensors", 3e-7);
  ExpectAdamWGolden(parameters, state, "adamw_single.safetensors", 6e-7);
}

TEST(AdamW, ResumesBitIdentically) {
  const NamedTensors straight = GoldenParameters();
  AdamW uninterrupted(straight, {});
  TrainAdamW(uninterrupted, straight, 0, 4);

  NamedTensors resumed;
  for (const auto& [name, tensor] : straight) {
    resumed.push_back({name, Parameter(tensor)});
  }
  AdamW optimizer(resumed, {});
  NamedTensors saved = uninterrupted.StateDict();
  std::reverse(saved.begin(), saved.end());  // the order does not matter
  optimizer.LoadStateDict(saved, "run state");
  TrainAdamW(uninterrupted, straight, 4, kGoldenSteps);
  TrainAdamW(optimizer, resumed, 4, kGoldenSteps);

  for (size_t i = 0; i < straight.size(); ++i) {
    EXPECT_TRUE(resumed[i].tensor.equal(straight[i].tensor))
        << straight[i].name;
  }
  const NamedTensors expected = uninterrupted.StateDict();
  const NamedTensors state = optimizer.StateDict();
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(state[i].tensor.equal(expected[i].tensor)) << state[i].name;
  }
}

TEST(AdamW, StateDictIsNotChangedByLaterSteps) {
  const NamedTensors parameters = GoldenParameters();
  AdamW optimizer(parameters, {});
  const NamedTensors before = optimizer.StateDict();
  TrainAdamW(optimizer, parameters, 0, 2);
  for (const auto& [name, tensor] : before) {
    EXPECT_EQ(tensor.abs().max().item<float>(), 0) << name;
  }
}

TEST(AdamW, DecaysOnlyMatrices) {
  const NamedTensors parameters = {{"w", Parameter(at::ones({2, 2}))},
                                   {"b", Parameter(at::ones({2}))}};
  AdamW optimizer(parameters, {.weight_decay = 0.5});
  for (const auto& [name, parameter] : parameters) {
    parameter.mutable_grad() = at::zeros(parameter.sizes());
  }
  optimizer.Step(0.5);
  EXPECT_TRUE(parameters[0].tensor.equal(at::full({2, 2}, 0.75)));
  EXPECT_TRUE(parameters[1].tensor.equal(at::ones({2})));
}

TEST(AdamW, SkipsParametersWithoutGradient) {
  const NamedTensors parameters = {{"w", Parameter(at::ones({2, 2}))}};
  AdamW optimizer(parameters, {});
  optimizer.Step(0.1);
  EXPECT_TRUE(parameters[0].tensor.equal(at::ones({2, 2})));
  EXPECT_EQ(optimizer.StateDict()[0].tensor.item<float>(), 0);
}

TEST(ZeroGradients, MakesThemUndefined) {
  const NamedTensors parameters = GoldenParameters();
  SetGradients(parameters, 0);
  ZeroGradients(parameters);
  for (const auto& [name, parameter] : parameters) {
    EXPECT_FALSE(parameter.grad().defined()) << name;
  }
}

// The kernel alone would pair elements by memory order.
TEST(AdamW, HandlesDifferentStridesOfParameterAndGradient) {
  const Shape shape = {4, 3, 2, 2};
  const at::Tensor values = HashedTensor("w", shape);
  const at::Tensor gradient = HashedTensor("g", shape);
  const auto channels_last = at::MemoryFormat::ChannelsLast;
  const auto step = [&](const at::Tensor& parameter, const at::Tensor& grad) {
    AdamW optimizer({{"w", parameter}}, {});
    for (int i = 0; i < 3; ++i) {
      parameter.mutable_grad() = grad;
      optimizer.Step(0.1);
    }
    return optimizer.StateDict();
  };
  const at::Tensor plain = Parameter(values);
  const NamedTensors expected = step(plain, gradient);
  const at::Tensor mixed = Parameter(values);
  step(mixed, gradient.contiguous(channels_last));
  EXPECT_TRUE(mixed.equal(plain));
  const at::Tensor reordered = values.clone(channels_last).requires_grad_();
  const NamedTensors state = step(reordered, gradient);
  // Vector and tail elements of the kernel round differently.
  EXPECT_LE(RelativeDifference(reordered, plain.detach()), 3e-7);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(state[i].tensor.is_contiguous());
    EXPECT_LE(RelativeDifference(state[i].tensor, expected[i].tensor), 3e-7);
  }
}

TEST(AdamW, RejectsInvalidOptions) {
  const auto rejects = [](const AdamWOptions& options,
                          const std::string& option) {
    ExpectError([&] { AdamW({}, options); }, ErrorKind::kConfig, {option});
  };
  rejects({.beta1 = 1}, "beta1");
  rejects({.beta2 = -0.1}, "beta2");
  rejects({.eps = -1e-8}, "eps");
  rejects({.weight_decay = -0.05}, "weight_decay");
}

TEST(AdamW, RejectsAMismatchingState) {
  const NamedTensors parameters = GoldenParameters();
  AdamW optimizer(parameters, {});
  NamedTensors state = optimizer.StateDict();
  state.push_back({"exp_avg.head.weigth", at::zeros({10, 37})});
  ExpectError([&] { optimizer.LoadStateDict(state, "last.state"); },
              ErrorKind::kMismatch,
              {"last.state", "exp_avg.head.weigth", "exp_avg.head.weight"});
}

}  // namespace
}  // namespace wsel::optim
