#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/nn/build.h"
#include "wsel/session/bench_request.h"

namespace wsel::session {

// Forward passes of one batch size on so many threads.
struct BenchRow {
  int64_t batch_size = 0;
  int threads = 0;
  int64_t passes = 0;            // measured, after two to warm up
  double milliseconds = 0;       // of a pass: the median
  double images_per_second = 0;  // at that latency
};

struct Benchmark {
  model::Config model;
  std::string device;
  int64_t parameters = 0;
  int64_t flops = 0;         // of an image, as model::Flops
  int64_t weight_bytes = 0;  // float32
  std::vector<BenchRow> rows = {};
  // The largest resident set of this process, LibTorch included.
  int64_t peak_memory_bytes = 0;
};

// Measures the forward pass of a model, on random images at its size, for at
// least so many seconds and five passes. LibTorch then has `threads`.
BenchRow MeasurePasses(const nn::Model& model, const c10::Device& device,
                       double seconds, int64_t batch_size, int threads);

// Measures the forward pass of a checkpoint's model on random images in
// float32: batches of 1 and batch_size, on one thread and on all that LibTorch
// would use (a GPU: once). `on_row` is called with each measurement. Errors:
// as OpenForEval; kUsage for options out of range.
Benchmark RunBenchmark(const BenchRequest& request, const c10::Device& device,
                       const std::function<void(const BenchRow&)>& on_row);

}  // namespace wsel::session
