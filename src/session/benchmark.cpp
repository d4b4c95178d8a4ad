#include "wsel/session/benchmark.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/nn/build.h"
#include "wsel/session/evaluation.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double MedianOf(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

int64_t PeakMemory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts KiB
}

void CheckRequest(const BenchRequest& request) {
  if (request.batch_size < 1 || request.batch_size > kLargestBenchBatch) {
    throw Error(ErrorKind::kUsage, "batch_size", "is {}; it is 1 to {}",
                request.batch_size, kLargestBenchBatch);
  }
  if (!(request.seconds >= 0 && request.seconds <= 3600)) {
    throw Error(ErrorKind::kUsage, "seconds", "is {}; it is 0 to 3600",
                request.seconds);
  }
}

}  // namespace

BenchRow MeasurePasses(const nn::Model& model, const c10::Device& device,
                       double seconds, int64_t batch_size, int threads) {
  constexpr int kWarmUp = 2;
  constexpr size_t kFewest = 5;
  const at::NoGradGuard no_grad;
  at::set_num_threads(threads);
  const HeightWidth size = ImageSize(model.config);
  const auto images =
      at::randn({batch_size, InChans(model.config), size.height, size.width},
                at::detail::createCPUGenerator(0))
          .to(device);
  std::vector<double> times;
  const auto pass = [&] {
    const auto begin = Clock::now();
    model.forward(images);
    train::Synchronize(device);
    return SecondsSince(begin);
  };
  for (int i = 0; i < kWarmUp; ++i) pass();
  const auto begin = Clock::now();
  while (times.size() < kFewest || SecondsSince(begin) < seconds) {
    times.push_back(pass());
  }
  const double median = MedianOf(times);
  return {batch_size, threads, static_cast<int64_t>(times.size()),
          1000 * median, static_cast<double>(batch_size) / median};
}

Benchmark RunBenchmark(const BenchRequest& request, const c10::Device& device,
                       const std::function<void(const BenchRow&)>& on_row) {
  CheckRequest(request);
  nn::Model model;
  {
    const EvalCheckpoint opened = OpenForEval(request.checkpoint);
    model = nn::Build(opened.facts.model);
    Load(model, *opened.checkpoint.remapped.tensors);
  }
  model.module->to(device);
  const int64_t parameters = ParameterCount(model.config);
  Benchmark result{
      .model = model.config,
      .device = device.str(),
      .parameters = parameters,
      .flops = Flops(model.config),
      .weight_bytes = parameters * static_cast<int64_t>(sizeof(float))};
  const int all = at::get_num_threads();
  std::vector<int> threads = {1, all};
  if (all == 1 || !device.is_cpu()) threads = {all};
  std::vector<int64_t> batches = {1, request.batch_size};
  if (request.batch_size == 1) batches = {1};
  for (const int64_t batch_size : batches) {
    for (const int count : threads) {
      result.rows.push_back(
          MeasurePasses(model, device, request.seconds, batch_size, count));
      on_row(result.rows.back());
    }
  }
  at::set_num_threads(all);
  result.peak_memory_bytes = PeakMemory();
  return result;
}

}  // namespace wsel::session
