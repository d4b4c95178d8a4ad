// A whole training step beside the limit of its matrix products, with one
// thread and with all. Columns:
//
// - images/s: of the median step
// - flop/s: of its matrix products and convolutions, forward and backward
// - limit: what float32 products of the GEMM backend reach (gemm_limit.h)
// - share: flop/s divided by the limit

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "gemm_limit.h"
#include "timed_step.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/session/training_environment.h"

namespace wsel::bench {
namespace {

// The products of the first layer with one image: it divides the image into
// patches.
double FirstLayerFlops(const model::Config& config) {
  return std::visit(
      [](const auto& c) {
        const auto pixels = static_cast<double>(c.img_size.Area());
        double width = 0;
        if constexpr (std::is_same_v<std::decay_t<decltype(c)>,
                                     model::VitConfig>) {
          width = static_cast<double>(c.embed_dim);
        } else {
          width = static_cast<double>(c.dims[0]);
        }
        return 2 * 3 * pixels * width;
      },
      config);
}

// Of a training step, for one image: each product of the forward pass has two
// of its size in the backward pass, for both of its factors; but images need no
// gradient.
double TrainingFlops(const model::Config& config) {
  return 3 * static_cast<double>(model::Flops(config)) -
         FirstLayerFlops(config);
}

struct LimitCase {
  const char* name;
  const char* model;
  int64_t patch;
};
constexpr LimitCase kCases[] = {{"ViT-T", "vit_tiny_patch16_224", 16},
                                {"ConvNeXt-F", "convnext_femto", 4}};

double MedianOf(const std::vector<double>& sorted) {
  return sorted[sorted.size() / 2];
}

void StepBesideLimit(benchmark::State& state, const LimitCase& of,
                     int threads) {
  session::PrepareToCompute();
  StepSetting setting;
  setting.config = ConfigOf(of.model, /*size=*/224, of.patch);
  setting.batch = 32;
  setting.steps = 5;
  for (auto _ : state) {
    // On both sides of the step: a processor's clock changes.
    const double before = GemmLimit(threads);
    const auto seconds = TimeSteps(setting, nullptr);
    const double limit = std::max(before, GemmLimit(threads));
    const double median = MedianOf(seconds);
    const double rate = static_cast<double>(setting.batch) / median;
    const double flops = rate * TrainingFlops(setting.config);
    state.SetIterationTime(median);
    state.counters["images/s"] = rate;
    state.counters["flop/s"] = flops;
    state.counters["limit"] = limit;
    state.counters["share"] = flops / limit;
  }
}

// Before other benchmarks set it.
const int kAllThreads = at::get_num_threads();

// A step that distils ViT-S into ViT-T, beside the sum of its parts: ViT-T's
// step and ViT-S's forward pass, each measured by itself. Columns: "sum", in
// seconds, and "ratio", the step's time divided by it.
void DistilBesideParts(benchmark::State& state) {
  session::PrepareToCompute();
  at::set_num_threads(kAllThreads);
  StepSetting step;
  step.config = ConfigOf("vit_tiny_patch16_224", 224, 16);
  step.batch = 32;
  step.steps = 5;
  StepSetting pass = step;
  pass.config = ConfigOf("vit_small_patch16_224", 224, 16);
  StepSetting both = step;
  both.teacher = pass.config;
  for (auto _ : state) {
    const double sum =
        MedianOf(TimeSteps(step, nullptr)) + MedianOf(TimePasses(pass));
    const double time = MedianOf(TimeSteps(both, nullptr));
    state.SetIterationTime(time);
    state.counters["sum"] = sum;
    state.counters["ratio"] = time / sum;
  }
}
BENCHMARK(DistilBesideParts)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void Register(const LimitCase& of, int threads) {
  const std::string name =
      std::string("Step/") + of.name + "/threads:" + std::to_string(threads);
  benchmark::RegisterBenchmark(name.c_str(), StepBesideLimit, of, threads)
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const LimitCase& of : kCases) {
    Register(of, 1);
    if (kAllThreads > 1) Register(of, kAllThreads);
  }
  return true;
}();

}  // namespace
}  // namespace wsel::bench
