// A training step as wsel takes it, for scripts/bench/step.sh:
//
//     wsel-step-bench MODEL SIZE PATCH BATCH STEPS
//
// prints the best and the median images a second over the steps, after 3 steps
// of warm-up: forward, soft-target cross entropy, backward, fused AdamW.

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <span>

#include "wsel/model/build.h"
#include "wsel/model/variants.h"
#include "wsel/optim/adamw.h"

namespace wsel {
namespace {

constexpr int kWarmUp = 3;

model::Config ConfigOf(const char* name, int64_t size, int64_t patch) {
  model::Config config = model::FindVariant(name).config;
  std::visit(
      [&](auto& c) {
        c.img_size = size;
        c.patch_size = patch;
      },
      config);
  return config;
}

optim::NamedTensors Parameters(const model::Model& model) {
  optim::NamedTensors out;
  for (const auto& item : model.module->named_parameters()) {
    out.push_back({item.key(), item.value()});
  }
  return out;
}

void Step(model::Model& model, optim::AdamW& optimizer,
          const at::Tensor& images, const at::Tensor& targets) {
  const auto logits = model.forward_train(images, {});
  const auto loss = -(targets * logits.log_softmax(-1)).sum(-1).mean();
  optimizer.ZeroGradients();
  loss.backward();
  optimizer.Step(1e-3);
}

std::vector<double> TimeSteps(model::Model& model, int64_t size, int64_t batch,
                              int steps) {
  optim::AdamW optimizer(Parameters(model), {});
  const auto images = at::randn({batch, 3, size, size});
  const auto targets = at::rand({batch, 1000}).softmax(-1);
  std::vector<double> seconds;
  for (int i = 0; i < steps + kWarmUp; ++i) {
    const auto start = std::chrono::steady_clock::now();
    Step(model, optimizer, images, targets);
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    if (i >= kWarmUp) seconds.push_back(taken.count());
  }
  std::ranges::sort(seconds);
  return seconds;
}

void Run(std::span<char*> arguments) {
  const int64_t size = std::atoll(arguments[2]);
  const int64_t batch = std::atoll(arguments[4]);
  const auto config = ConfigOf(arguments[1], size, std::atoll(arguments[3]));
  model::Model model = model::Build(config);
  model::Initialize(model, model::Initializer::kTimm, 0);
  const auto seconds = TimeSteps(model, size, batch, std::atoi(arguments[5]));
  const auto images = static_cast<double>(batch);
  fmt::print("{:.2f} {:.2f}\n", images / seconds.front(),
             images / seconds[seconds.size() / 2]);
}

}  // namespace
}  // namespace wsel

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: wsel-step-bench MODEL SIZE PATCH BATCH STEPS\n");
    return 2;
  }
  wsel::Run({argv, static_cast<size_t>(argc)});
}
