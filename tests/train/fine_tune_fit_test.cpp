// Training with frozen parts: which weights change, and what is saved of them.

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "train/small_run.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/train_step.h"

namespace wsel::train {
namespace {

constexpr int64_t kStepsPerEpoch = 3;  // 24 / 8

using NamedWeights = std::map<std::string, at::Tensor>;

NamedWeights InitialWeights() {
  nn::Model model = nn::Build(SmallVit());
  Initialize(model, model::Initializer::kTimm, 1);
  NamedWeights weights;
  for (const auto& [name, tensor] : ParametersOf(model)) {
    weights[name] = tensor.detach();
  }
  return weights;
}

NamedWeights ReadWeights(const std::filesystem::path& path) {
  const auto file = checkpoint::Open(path);
  NamedWeights weights;
  for (const TensorSpec& spec : file->Specs()) {
    weights[spec.name] = Borrow(file->View(spec.name)).clone();
  }
  return weights;
}

TrainCallbacks StopFineTuningAfter(int64_t steps) {
  const auto done = std::make_shared<int64_t>(0);
  TrainCallbacks callbacks;
  callbacks.stop_signal = [=] { return ++*done == steps ? 15 : 0; };
  return callbacks;
}

bool IsOfHead(const std::string& name) { return name.starts_with("head."); }

// Expects that the weights for which `stays` holds are the initial ones, and
// that the others are not.
template <typename Stays>
void ExpectChanged(const NamedWeights& weights, const Stays& stays) {
  const NamedWeights initial = InitialWeights();
  ASSERT_EQ(weights.size(), initial.size());
  for (const auto& [name, tensor] : weights) {
    EXPECT_EQ(at::equal(tensor, initial.at(name)), stays(name)) << name;
  }
}

TEST(FineTune, FrozenPartsKeepTheirWeightsAndHaveNoState) {
  Options options = SmallOptions();
  options.fine_tune.freeze = {"stem", "blocks.0"};
  const auto frozen = [](const std::string& name) {
    return !IsOfHead(name) && !name.starts_with("blocks.1.") &&
           !name.starts_with("norm.");
  };
  const TempFolder folder;
  SmallRun(options).Train(folder.path());
  for (const char* file : {"last.safetensors", "last-ema.safetensors"}) {
    SCOPED_TRACE(file);
    ExpectChanged(ReadWeights(folder / file), frozen);
  }
  int64_t states = 0;
  for (const auto& [name, tensor] : ReadWeights(folder / "state.safetensors")) {
    const std::string prefix = "adamw.exp_avg.";
    if (!name.starts_with(prefix)) continue;
    EXPECT_FALSE(frozen(name.substr(prefix.size()))) << name;
    ++states;
  }
  EXPECT_EQ(states, 12 + 2 + 2);  // a block's, the norm's, the head's
}

// Also of branches of which a part is frozen, whose gradients are written by
// hand.
TEST(FineTune, FrozenParametersHaveNoGradient) {
  for (const model::Config& config : {SmallVit(), SmallConvNext()}) {
    for (const char* part : {"backbone", "stem", "*norm*", "*.fc1.*"}) {
      SCOPED_TRACE(part);
      Options options = SmallOptions();
      options.fine_tune.freeze = {part};
      std::map<std::string, bool> frozen;
      for (const ParameterRule& rule :
           ParameterRules(config, options.fine_tune, 1)) {
        frozen[rule.name] = rule.frozen;
      }
      nn::Model model = nn::Build(config);
      Initialize(model, model::Initializer::kTimm, 1);
      TrainStep step(model, options, Precision::kFp32, c10::kCPU);
      const auto [height, width] = ImageSize(config);
      step.ForwardBackward({.images = at::ones({4, 3, height, width}),
                            .targets = at::full({4, 3}, 1.0 / 3)},
                           0);
      for (const auto& [name, tensor] : step.parameters()) {
        EXPECT_EQ(tensor.grad().defined(), !frozen.at(name)) << name;
      }
    }
  }
}

// A linear probe, then all.
TEST(FineTune, TheHeadIsTrainedAloneAtFirst) {
  Options options = SmallOptions();
  options.fine_tune.freeze_epochs = 1;
  const TempFolder first;
  SmallRun(options).Train(first.path(), StopFineTuningAfter(kStepsPerEpoch));
  ExpectChanged(ReadWeights(first / "last.safetensors"),
                [](const std::string& name) { return !IsOfHead(name); });
  SmallRun(options).Train(first.path(), StopFineTuningAfter(1));
  ExpectChanged(ReadWeights(first / "last.safetensors"),
                [](const std::string&) { return false; });
}

TEST(FineTune, EndsInTheSameBytesWhereverItWasInterrupted) {
  Options options = SmallOptions();
  options.fine_tune = {.freeze = {"stem"},
                       .freeze_epochs = 1,
                       .layer_decay = 0.7,
                       .head_lr = 1e-2};
  const TempFolder whole;
  SmallRun(options).Train(whole.path());
  for (const int64_t stop : {2, 3, 4}) {
    const TempFolder parts;
    SmallRun(options).Train(parts.path(), StopFineTuningAfter(stop));
    SmallRun(options).Train(parts.path());
    for (const char* name : {"last.safetensors", "last-ema.safetensors",
                             "best.safetensors", "summary.csv"}) {
      EXPECT_EQ(ReadAll(whole / name), ReadAll(parts / name)) << name;
    }
  }
}

// In one step of AdamW a weight without decay moves by its learning rate.
TEST(FineTune, LayersHaveTheirRates) {
  Options options = SmallOptions();
  options.ema_decay = 0;
  options.clip_grad = 0;
  options.drop_path = 0;
  options.schedule.lr = 0.1;
  options.fine_tune.layer_decay = 0.5;
  options.fine_tune.head_lr = 0.4;
  nn::Model model = nn::Build(SmallVit());
  Initialize(model, model::Initializer::kTimm, 1);
  const NamedWeights initial = InitialWeights();
  TrainStep step(model, options, Precision::kFp32, c10::kCPU);
  step.ForwardBackward({.images = at::randn({8, 3, 16, 16}),
                        .targets = at::eye(3).repeat({3, 1}).narrow(0, 0, 8)},
                       0);
  step.OptimizerStep(0.1);
  const std::map<std::string, double> rates = {
      {"head.bias", 0.4},  // layer 3
      {"norm.bias", 0.05},
      {"blocks.1.mlp.fc2.bias", 0.05},
      {"blocks.0.mlp.fc2.bias", 0.025}};
  for (const auto& [name, tensor] : step.parameters()) {
    const auto rate = rates.find(name);
    if (rate == rates.end()) continue;
    const auto moved = (tensor - initial.at(name)).abs().max().item<double>();
    EXPECT_NEAR(moved / rate->second, 1, 1e-3) << name;
  }
}

}  // namespace
}  // namespace wsel::train
