// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "wsel/data/loader.h"
#include "wsel/data/sampling.h"

namespace wsel::data {

// The order of 0 ... size - 1 in `epoch`: a Fisher-Yates shuffle with the
// random stream (seed, "sampler <epoch>").
std::vector<int64_t> Permutation(int64_t size, uint64_t seed, int64_t epoch);

// As many samples as there are labels, equally many of each class that has any,
// to one: in each round all classes once, in random order, each with its next
// sample. Those of a class are passed through again and again, in another order
// each time, so that its samples too differ by one at most. A function of
// labels, seed and epoch.
std::vector<int64_t> BalancedOrder(const std::vector<int32_t>& labels,
                                   uint64_t seed, int64_t epoch);

// The images of an epoch before it is divided into batches: all, or if they are
// repeated those up to a multiple of 256, as timm's RepeatAugSampler has them.
// It sees as many images as without repeats, each `repeats` times.
int64_t EpochSize(int64_t size, int64_t repeats);

// EpochSize / batch_size; the incomplete last batch is dropped. Errors: kConfig
// if batch_size is larger than the data set, or less than 1, or repeats is less
// than 1.
int64_t StepsPerEpoch(int64_t size, int64_t batch_size, int64_t repeats = 1);

// The training set, reshuffled each epoch of StepsPerEpoch optimizer steps. A
// step takes batch_size samples, as batch_size / chunk batches of the loaders
// of all ranks.
struct TrainSampling {
  int64_t size = 0;        // of the data set
  int64_t batch_size = 0;  // samples per optimizer step
  int64_t chunk = 0;       // samples per loader batch; divides share_count
  uint64_t seed = 0;
  int64_t first_step = 0;  // not 0 after a resume
  int64_t total_steps = 0;
  // Of each step's samples, those of this rank: share_count from position
  // share_first on. 0: all.
  int64_t share_first = 0;
  int64_t share_count = 0;
  // For BalancedOrder in place of Permutation: the label of each sample; {}:
  // that of Permutation.
  std::vector<int32_t> balanced_labels = {};
  // Repeated augmentation (Hoffer et al. 2020): each image of the epoch's order
  // this many times in sequence, with draws of its own. Source: timm's
  // RepeatAugSampler; a step of all ranks has the images of timm's step.
  int64_t repeats = 1;
};

// Samples steps first_step ... total_steps - 1; repeated samples of an epoch
// have addresses of their own. The samples of a step depend
// only on the seed and the step, not on first_step. Errors: as StepsPerEpoch;
// kConfig for other values out of range.
BatchSampler TrainBatches(const TrainSampling& sampling);

// All samples in order; the last batch may be smaller. The epoch is 0. Of
// several ranks each has every `ranks`-th batch, from number `rank` on: batches
// are the same for any number of ranks. Errors: kConfig if `batch_size` is less
// than 1.
BatchSampler EvalBatches(int64_t size, int64_t batch_size, int rank = 0,
                         int ranks = 1);

}  // namespace wsel::data
