// SGD, LAMB and Muon; AdamW has tests of its own.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "optim/golden_tensors.h"
#include "throws.h"
#include "wsel/optim/muon.h"
#include "wsel/optim/optimizer.h"

namespace wsel::optim {
namespace {

// Of timm's Lamb, which counts the steps of a group: no gradient is missing.
void SetAllGradients(const NamedTensors& parameters, int step) {
  for (const auto& [name, parameter] : parameters) {
    parameter.mutable_grad() = HashedTensor(
        name + ".grad." + std::to_string(step), parameter.sizes().vec());
  }
}

void TrainWith(Optimizer& optimizer, const NamedTensors& parameters, int from,
               int to, bool all = false) {
  for (int step = from; step < to; ++step) {
    if (all) {
      SetAllGradients(parameters, step);
    } else {
      SetGradients(parameters, step);
    }
    optimizer.Step(GoldenRate(step));
    ZeroGradients(parameters);
  }
}

// Goldens by scripts/golden/optimizers.py. `matrices`: the tolerance of what
// Muon orthogonalises, in bfloat16.
void ExpectGolden(const OptimizerOptions& options, const std::string& file,
                  double tolerance, double matrices) {
  SCOPED_TRACE(file);
  const bool lamb = options.name == OptimizerName::kLamb;
  const NamedTensors parameters = GoldenParameters();
  const auto optimizer = MakeOptimizer(parameters, options);
  TrainWith(*optimizer, parameters, 0, kGoldenSteps, lamb);
  const GoldenTensors golden(file);
  size_t compared = 0;
  for (const auto& [name, tensor] : parameters) {
    const bool matrix =
        options.name == OptimizerName::kMuon && IsForMuon(tensor.sizes().vec());
    EXPECT_LE(RelativeDifference(tensor, golden[name]),
              matrix ? matrices : tolerance)
        << name;
    ++compared;
  }
  for (const auto& [name, tensor] : optimizer->StateDict()) {
    if (lamb && name.starts_with("step.")) continue;  // timm's are of groups
    EXPECT_LE(RelativeDifference(tensor, golden[name]), tolerance) << name;
    ++compared;
  }
  EXPECT_EQ(compared, golden.size());
}

TEST(Sgd, MatchesTorch) {
  OptimizerOptions options = DefaultsOf(OptimizerName::kSgd);
  ExpectGolden(options, "sgd_nesterov.safetensors", 6e-7, 0);
  options.nesterov = false;
  ExpectGolden(options, "sgd_momentum.safetensors", 6e-7, 0);
  options.momentum = 0;
  ExpectGolden(options, "sgd_plain.safetensors", 6e-7, 0);
}

TEST(Lamb, MatchesTimm) {
  ExpectGolden(DefaultsOf(OptimizerName::kLamb), "lamb.safetensors", 6e-7, 0);
}

// A step of 1e-3 changes elements by up to 1e-3, of which bfloat16 has 1/256.
TEST(Muon, MatchesTimm) {
  ExpectGolden(DefaultsOf(OptimizerName::kMuon), "muon.safetensors", 6e-7,
               2e-4);
}

TEST(Muon, OrthogonalisesAsTimmDoes) {
  const GoldenTensors golden("orthogonalised.safetensors");
  for (const Shape& shape : {Shape{6, 9}, Shape{9, 6}, Shape{5, 5}}) {
    const std::string name =
        std::to_string(shape[0]) + "x" + std::to_string(shape[1]);
    const at::Tensor ours =
        Orthogonalise(HashedTensor("muon", shape), 1e-7, at::kFloat);
    EXPECT_LE(RelativeDifference(ours, golden[name]), 1e-5) << name;
  }
}

TEST(Muon, LeavesToAdamWWhatIsNotAMatrix) {
  EXPECT_TRUE(IsForMuon({18, 6}));
  EXPECT_TRUE(IsForMuon({96, 3, 4, 4}));
  EXPECT_FALSE(IsForMuon({64}));
  EXPECT_FALSE(IsForMuon({1, 196, 768}));  // pos_embed
  EXPECT_FALSE(IsForMuon({96, 1, 7, 7}));  // depthwise
  EXPECT_FALSE(IsForMuon({3, 768}));       // too few rows
  EXPECT_FALSE(IsForMuon({4, 2048}));      // too long
}

class AnyOptimizer : public testing::TestWithParam<OptimizerName> {};

TEST_P(AnyOptimizer, ResumesBitIdentically) {
  const OptimizerOptions options = DefaultsOf(GetParam());
  const NamedTensors straight = GoldenParameters();
  const auto uninterrupted = MakeOptimizer(straight, options);
  TrainWith(*uninterrupted, straight, 0, 4);

  NamedTensors resumed;
  for (const auto& [name, tensor] : straight) {
    resumed.push_back({name, Parameter(tensor)});
  }
  const auto optimizer = MakeOptimizer(resumed, options);
  NamedTensors saved = uninterrupted->StateDict();
  std::reverse(saved.begin(), saved.end());
  optimizer->LoadStateDict(saved, "run state");
  TrainWith(*uninterrupted, straight, 4, kGoldenSteps);
  TrainWith(*optimizer, resumed, 4, kGoldenSteps);
  for (size_t i = 0; i < straight.size(); ++i) {
    EXPECT_TRUE(resumed[i].tensor.equal(straight[i].tensor))
        << straight[i].name;
  }
}

TEST_P(AnyOptimizer, RejectsAMismatchingState) {
  const NamedTensors parameters = GoldenParameters();
  const auto optimizer = MakeOptimizer(parameters, DefaultsOf(GetParam()));
  NamedTensors state = optimizer->StateDict();
  state.pop_back();
  ExpectError([&] { optimizer->LoadStateDict(state, "last.state"); },
              ErrorKind::kMismatch, {"last.state", "is missing"});
}

// Two rates of one parameter each are those of two optimizers.
TEST_P(AnyOptimizer, MultipliesTheRateOfEachParameter) {
  OptimizerOptions options = DefaultsOf(GetParam());
  const auto step = [&](double scale, double lr) {
    const NamedTensors parameters = {
        {"head.weight", Parameter(HashedTensor("head.weight", {6, 5}))}};
    const auto optimizer = MakeOptimizer(parameters, options, {scale});
    for (int i = 0; i < 3; ++i) {
      SetGradients(parameters, i * 2);
      optimizer->Step(lr);
    }
    return parameters[0].tensor.detach();
  };
  EXPECT_TRUE(step(0.25, 0.04).equal(step(1, 0.01)));
  EXPECT_FALSE(step(0.25, 0.04).equal(step(1, 0.04)));
}

TEST_P(AnyOptimizer, SkipsParametersWithoutGradient) {
  const NamedTensors parameters = GoldenParameters();
  const auto optimizer = MakeOptimizer(parameters, DefaultsOf(GetParam()));
  const NamedTensors before = CloneTensors(parameters);
  optimizer->Step(0.1);
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(parameters[i].tensor.equal(before[i].tensor));
  }
  for (const auto& [name, tensor] : optimizer->StateDict()) {
    EXPECT_EQ(tensor.abs().max().item<float>(), 0) << name;
  }
}

TEST_P(AnyOptimizer, RejectsInvalidOptions) {
  const auto rejects = [](const OptimizerOptions& options,
                          const std::string& field) {
    ExpectError([&] { MakeOptimizer({}, options); }, ErrorKind::kConfig,
                {field + ": "});
  };
  OptimizerOptions options = DefaultsOf(GetParam());
  options.momentum = 1;
  rejects(options, "momentum");
  options = DefaultsOf(GetParam());
  options.weight_decay = -1;
  rejects(options, "weight_decay");
}

INSTANTIATE_TEST_SUITE_P(Each, AnyOptimizer,
                         testing::Values(OptimizerName::kAdamW,
                                         OptimizerName::kSgd,
                                         OptimizerName::kLamb,
                                         OptimizerName::kMuon),
                         [](const auto& info) {
                           return std::string(Optimizers().NameOf(info.param));
                         });

}  // namespace
}  // namespace wsel::optim
