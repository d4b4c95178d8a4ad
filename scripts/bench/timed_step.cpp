#include "timed_step.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "train/gradient_sum.h"
#include "wsel/model/variants.h"
#include "wsel/nn/build.h"
#include "wsel/optim/adamw.h"
#include "wsel/train/device.h"
#include "wsel/train/train_step.h"

namespace wsel::bench {
namespace {

int WarmUp(const StepSetting& setting) {
  return setting.device.is_cpu() ? 3 : 10;
}

void Step(nn::Model& model, const optim::NamedTensors& parameters,
          optim::AdamW& optimizer, train::GradientSum* sum,
          const StepSetting& setting, const at::Tensor& images,
          const at::Tensor& targets) {
  at::Tensor logits;
  {
    const train::Autocast autocast(setting.precision, setting.device);
    logits = model.forward(images, {});
  }
  const auto loss = train::SoftTargetCrossEntropy(logits, targets);
  optim::ZeroGradients(parameters);
  if (sum != nullptr) sum->Arm();
  loss.backward();
  if (sum != nullptr) sum->Finish();
  optimizer.Step(1e-3);
}

}  // namespace

model::Config ConfigOf(const std::string& variant, int64_t size,
                       int64_t patch) {
  model::Config config = model::FindVariant(variant).config;
  std::visit(
      [&](auto& c) {
        c.img_size = size;
        c.patch_size = patch;
      },
      config);
  return config;
}

std::vector<double> TimeSteps(const StepSetting& setting,
                              distributed::ProcessGroup* group) {
  nn::Model model = nn::Build(setting.config);
  nn::Initialize(model, model::Initializer::kTimm, 0);
  model.module->to(setting.device);
  const auto parameters = train::ParametersOf(model);
  optim::AdamW optimizer(parameters, {});
  std::optional<train::GradientSum> sum;
  if (group != nullptr) sum.emplace(parameters, *group, setting.device);
  const HeightWidth size = model::ImageSize(setting.config);
  const auto images =
      at::randn({setting.batch, 3, size.height, size.width}, setting.device);
  const auto targets =
      at::rand({setting.batch, 1000}, setting.device).softmax(-1);
  std::vector<double> seconds;
  const int warm_up = WarmUp(setting);
  for (int i = 0; i < setting.steps + warm_up; ++i) {
    const auto start = std::chrono::steady_clock::now();
    Step(model, parameters, optimizer, sum ? &*sum : nullptr, setting, images,
         targets);
    train::Synchronize(setting.device);
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    if (i >= warm_up) seconds.push_back(taken.count());
  }
  std::ranges::sort(seconds);
  return seconds;
}

}  // namespace wsel::bench
