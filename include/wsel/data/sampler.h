// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/data/loader.h"

namespace wsel::data {

// 0 ... size - 1 in the order of `epoch`: Fisher and Yates' shuffle by the
// random stream (seed, "sampler <epoch>").
std::vector<int64_t> Permutation(int64_t size, uint64_t seed, int64_t epoch);

// size / batch_size; samples left over are dropped. Errors: kConfig where
// batch_size is larger than the set, or less than 1.
int64_t StepsPerEpoch(int64_t size, int64_t batch_size);

// The training set in a fresh order each epoch. A step takes batch_size
// samples, handed out in chunks: batch_size / chunk batches of the loader. An
// epoch has StepsPerEpoch.
struct TrainSampling {
  int64_t size = 0;        // of the data set
  int64_t batch_size = 0;  // samples of a step
  int64_t chunk = 0;       // samples of a loader's batch; divides batch_size
  uint64_t seed = 0;
  int64_t first_step = 0;  // where the stream starts, as after a resume
  int64_t total_steps = 0;
};

// The chunks of steps first_step ... total_steps - 1. Those of a step depend on
// seed and step alone, wherever the stream started. Errors: as
// StepsPerEpoch; kConfig where another number makes no sense.
NextBatch TrainBatches(const TrainSampling& sampling);

// All samples in order, the last batch as small as need be; epoch 0.
// Errors: kConfig where `batch` is less than 1.
NextBatch EvalBatches(int64_t size, int64_t batch);

}  // namespace wsel::data
