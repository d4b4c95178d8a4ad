// A training step as wsel takes it, for scripts/bench/step.sh:
//
//     wsel-step-bench MODEL SIZE PATCH BATCH STEPS [cpu|cuda fp32|bf16]
//
// prints the best and the median images a second over the steps, after 3 steps
// of warm-up (10 on a GPU): forward, soft-target cross entropy, backward, fused
// AdamW.

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <span>

#include "wsel/model/variants.h"
#include "wsel/nn/build.h"
#include "wsel/optim/adamw.h"
#include "wsel/train/device.h"
#include "wsel/train/train_step.h"

namespace wsel {
namespace {

// What a row of the table fixes.
struct Setting {
  c10::Device device = c10::kCPU;
  train::Precision precision = train::Precision::kFp32;
  int64_t size = 0;
  int64_t batch = 0;
  int steps = 0;

  int warm_up() const { return device.is_cpu() ? 3 : 10; }
};

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

void Step(nn::Model& model, optim::AdamW& optimizer, const Setting& setting,
          const at::Tensor& images, const at::Tensor& targets) {
  at::Tensor logits;
  {
    const train::Autocast autocast(setting.precision, setting.device);
    logits = model.forward(images, {});
  }
  const auto loss = train::SoftTargetCrossEntropy(logits, targets);
  optim::ZeroGradients(train::ParametersOf(model));
  loss.backward();
  optimizer.Step(1e-3);
}

std::vector<double> TimeSteps(nn::Model& model, const Setting& setting) {
  optim::AdamW optimizer(train::ParametersOf(model), {});
  const auto images =
      at::randn({setting.batch, 3, setting.size, setting.size}, setting.device);
  const auto targets =
      at::rand({setting.batch, 1000}, setting.device).softmax(-1);
  std::vector<double> seconds;
  for (int i = 0; i < setting.steps + setting.warm_up(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    Step(model, optimizer, setting, images, targets);
    train::Synchronize(setting.device);
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    if (i >= setting.warm_up()) seconds.push_back(taken.count());
  }
  std::ranges::sort(seconds);
  return seconds;
}

void Run(std::span<char*> arguments) {
  Setting setting;
  setting.size = std::atoll(arguments[2]);
  setting.batch = std::atoll(arguments[4]);
  setting.steps = std::atoi(arguments[5]);
  if (arguments.size() > 6) {
    const c10::Device named(arguments[6]);
    setting.device = c10::Device(named.type(), named.is_cpu() ? -1 : 0);
    setting.precision = train::Precisions().Find(arguments[7], "PRECISION");
  }
  const auto config =
      ConfigOf(arguments[1], setting.size, std::atoll(arguments[3]));
  nn::Model model = nn::Build(config);
  nn::Initialize(model, model::Initializer::kTimm, 0);
  model.module->to(setting.device);
  const auto seconds = TimeSteps(model, setting);
  const auto images = static_cast<double>(setting.batch);
  fmt::print("{:.2f} {:.2f}\n", images / seconds.front(),
             images / seconds[seconds.size() / 2]);
}

}  // namespace
}  // namespace wsel

int main(int argc, char** argv) {
  if (argc != 6 && argc != 8) {
    fmt::print(stderr,
               "usage: wsel-step-bench MODEL SIZE PATCH BATCH STEPS "
               "[cpu|cuda fp32|bf16]\n");
    return 2;
  }
  wsel::Run({argv, static_cast<size_t>(argc)});
}
