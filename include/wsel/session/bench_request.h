// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/pretrained/checkpoint_request.h"

namespace wsel::session {

// Larger batches are surely mistyped.
constexpr int64_t kLargestBenchBatch = 1 << 16;

// A checkpoint with the model to measure.
struct BenchRequest {
  pretrained::CheckpointRequest checkpoint;
  int64_t batch_size = 32;  // measured besides 1
  double seconds = 2;       // of each measurement, at least
};

}  // namespace wsel::session
