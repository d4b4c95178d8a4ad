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
#include "wsel/train/distiller.h"
#include "wsel/train/teacher.h"
#include "wsel/train/train_step.h"

namespace wsel::bench {
namespace {

int WarmUp(const StepSetting& setting) {
  return setting.device.is_cpu() ? 3 : 10;
}

void SetWidth(model::VitConfig& c, int64_t width) {
  c.embed_dim = width;
  c.num_heads = width % 64 == 0 ? width / 64 : width / 32;
}

// A ConvNeXt of either version.
template <typename C>
void SetWidth(C& c, int64_t width) {
  c.dims = {width / 8, width / 4, width / 2, width};
}

nn::Model BuildModel(const model::Config& config, const c10::Device& device) {
  nn::Model model = nn::Build(config);
  nn::Initialize(model, model::Initializer::kTimm, 0);
  model.module->to(device);
  return model;
}

class Training {
 public:
  Training(const StepSetting& setting, distributed::ProcessGroup* group)
      : setting_(setting),
        model_(BuildModel(setting.config, setting.device)),
        parameters_(train::ParametersOf(model_)),
        optimizer_(parameters_, {}) {
    if (group != nullptr) sum_.emplace(parameters_, *group, setting.device);
    if (setting.teacher) {
      teacher_ = train::ModelTeacher(
          BuildModel(*setting.teacher, setting.device),
          train::Distillation::kLogit,
          {.precision = setting.precision, .device = setting.device});
    }
  }

  void Step(const at::Tensor& images, const at::Tensor& targets) {
    at::Tensor logits;
    {
      const train::Autocast autocast(setting_.precision, setting_.device);
      logits = model_.forward(images, {});
    }
    auto loss = train::SoftTargetCrossEntropy(logits, targets);
    if (teacher_) {
      loss = loss + train::DistillationKl(logits, teacher_->forward(images), 1);
    }
    optim::ZeroGradients(parameters_);
    if (sum_) sum_->Arm();
    loss.backward();
    if (sum_) sum_->Finish();
    optimizer_.Step(1e-3);
  }

 private:
  StepSetting setting_;
  nn::Model model_;
  optim::NamedTensors parameters_;
  optim::AdamW optimizer_;
  std::optional<train::GradientSum> sum_;
  std::optional<train::Teacher> teacher_;
};

at::Tensor RandomImages(const StepSetting& setting) {
  const HeightWidth size = model::ImageSize(setting.config);
  return at::randn({setting.batch, 3, size.height, size.width}, setting.device);
}

// Seconds of calls of step(), sorted.
template <typename F>
std::vector<double> TimeEach(const StepSetting& setting, const F& step) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const auto begin = Clock::now();
  const auto is_late = [&] {
    return setting.seconds > 0 && since(begin) > setting.seconds;
  };
  const auto time = [&] {
    const auto start = Clock::now();
    step();
    train::Synchronize(setting.device);
    return since(start);
  };
  for (int i = 0; i < WarmUp(setting) && (i < 1 || !is_late()); ++i) time();
  std::vector<double> seconds;
  for (int i = 0; i < setting.steps && (i < 2 || !is_late()); ++i) {
    seconds.push_back(time());
  }
  std::ranges::sort(seconds);
  return seconds;
}

}  // namespace

model::Config ConfigOf(const std::string& variant, int64_t size, int64_t patch,
                       int64_t width) {
  model::Config config = model::FindVariant(variant).config;
  std::visit(
      [&](auto& c) {
        c.img_size = size;
        c.patch_size = patch;
        if (width > 0) SetWidth(c, width);
      },
      config);
  return config;
}

std::vector<double> TimeSteps(const StepSetting& setting,
                              distributed::ProcessGroup* group) {
  Training training(setting, group);
  const auto images = RandomImages(setting);
  const auto targets =
      at::rand({setting.batch, 1000}, setting.device).softmax(-1);
  return TimeEach(setting, [&] { training.Step(images, targets); });
}

std::vector<double> TimePasses(const StepSetting& setting) {
  const at::NoGradGuard no_grad;
  const nn::Model model = BuildModel(setting.config, setting.device);
  const auto images = RandomImages(setting);
  return TimeEach(setting, [&] {
    const train::Autocast autocast(setting.precision, setting.device);
    model.forward(images);
  });
}

}  // namespace wsel::bench
