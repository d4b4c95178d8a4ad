#include "wsel/session/step_costs.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "wsel/model/config_json.h"
#include "wsel/nn/build.h"
#include "wsel/train/device.h"
#include "wsel/train/train_step.h"

namespace wsel::session {
namespace {

constexpr int64_t kImagesOnCpu = 2;
constexpr int64_t kImagesOnGpu = 128;

template <typename Call>
double SecondsFor(const c10::Device& device, const Call& call) {
  train::Synchronize(device);
  const auto start = std::chrono::steady_clock::now();
  call();
  train::Synchronize(device);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

// Times the second of two steps. The optimizer's part is measured apart, since
// it is the same for any batch size.
StepCost Measure(const recipe::Recipe& recipe, train::Precision precision,
                 const c10::Device& device) {
  train::Options options = recipe.train;
  options.batch_size = std::min(options.batch_size,
                                device.is_cpu() ? kImagesOnCpu : kImagesOnGpu);
  options.micro_batch = options.batch_size;
  options.distill = {};
  nn::Model model = nn::Build(recipe.model);
  Initialize(model, model::Initializer::kTimm, /*seed=*/0);
  model.module->to(device);
  train::TrainStep step(model, options, precision, device);
  const int64_t batch = options.batch_size;
  const HeightWidth size = ImageSize(recipe.model);
  const train::MicroBatch part = {
      at::randn({batch, InChans(recipe.model), size.height, size.width}, device)
          .contiguous(at::MemoryFormat::ChannelsLast),
      at::full({batch, NumClasses(recipe.model)},
               1.0 / static_cast<double>(NumClasses(recipe.model)), device),
      0,
      {}};
  StepCost cost;
  for (int i = 0; i < 2; ++i) {
    cost.per_image =
        SecondsFor(device, [&] { step.ForwardBackward(part, i); }) /
        static_cast<double>(batch);
    cost.optimizer =
        SecondsFor(device, [&] { step.OptimizerStep(options.schedule.lr); });
  }
  return cost;
}

}  // namespace

StepCosts::StepCosts(const std::string& device, int threads)
    : device_(train::FindDevice(device)) {
  if (threads > 0) at::set_num_threads(threads);
}

double StepCosts::SecondsOf(const recipe::Recipe& recipe) {
  const auto precision =
      train::ResolvePrecision(recipe.train.precision, device_).precision;
  const std::string key = fmt::format(
      "{} {} {} {} {}", model::ToJson(recipe.model),
      train::Precisions().NameOf(precision), recipe.train.drop_path > 0,
      optim::Optimizers().NameOf(recipe.train.optimizer.name),
      fmt::join(recipe.train.fine_tune.freeze, ","));
  auto found = costs_.find(key);
  if (found == costs_.end()) {
    found = costs_.emplace(key, Measure(recipe, precision, device_)).first;
  }
  return found->second.OfBatch(recipe.train.batch_size);
}

}  // namespace wsel::session
