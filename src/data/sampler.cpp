#include "wsel/data/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/core/philox.h"

namespace wsel::data {
namespace {

[[noreturn]] void Fail(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kConfig, option, message);
}

void Validate(const TrainSampling& sampling) {
  StepsPerEpoch(sampling.size, sampling.batch_size, sampling.repeats);
  CheckAtLeast("loader batch size", sampling.chunk, 1);
  if (sampling.batch_size % sampling.chunk != 0) {
    Fail("loader batch size",
         fmt::format("is {}; it must divide train.batch_size, which is {}",
                     sampling.chunk, sampling.batch_size));
  }
  CheckBetween("first sample of the share", sampling.share_first, 0,
               sampling.batch_size);
  CheckBetween("samples of the share", sampling.share_count, 0,
               sampling.batch_size - sampling.share_first);
  if (sampling.share_count % sampling.chunk != 0) {
    Fail("loader batch size",
         fmt::format("is {}; it must divide the rank's {} samples of a step",
                     sampling.chunk, sampling.share_count));
  }
  if (sampling.first_step < 0 || sampling.first_step > sampling.total_steps) {
    Fail("first step", fmt::format("is {}; the training has {} steps",
                                   sampling.first_step, sampling.total_steps));
  }
}

class TrainSampler {
 public:
  explicit TrainSampler(const TrainSampling& sampling)
      : sampling_(sampling),
        steps_per_epoch_(StepsPerEpoch(sampling.size, sampling.batch_size,
                                       sampling.repeats)),
        step_(sampling.first_step) {
    if (sampling_.share_count == 0) {
      sampling_.share_count = sampling.batch_size - sampling.share_first;
    }
  }

  BatchIndices operator()() {
    if (step_ == sampling_.total_steps) return {};
    const int64_t epoch = step_ / steps_per_epoch_;
    if (epoch != epoch_) {
      order_ = Permutation(sampling_.size, sampling_.seed, epoch);
      epoch_ = epoch;
    }
    BatchIndices batch =
        SamplesAt(sampling_.share_first + done_ +
                  step_ % steps_per_epoch_ * sampling_.batch_size);
    done_ += sampling_.chunk;
    if (done_ == sampling_.share_count) {
      done_ = 0;
      ++step_;
    }
    return batch;
  }

 private:
  // The chunk that begins at a position of the epoch.
  BatchIndices SamplesAt(int64_t first) const {
    const int64_t repeats = sampling_.repeats;
    BatchIndices batch;
    batch.epoch = epoch_;
    for (int64_t at = first; at < first + sampling_.chunk; ++at) {
      batch.indices.push_back(order_[static_cast<size_t>(at / repeats)]);
      if (repeats > 1) batch.draws.push_back(epoch_ * repeats + at % repeats);
    }
    return batch;
  }

  TrainSampling sampling_;
  int64_t steps_per_epoch_;
  int64_t step_;
  int64_t done_ = 0;    // samples of the step's share that were returned
  int64_t epoch_ = -1;  // of order_
  std::vector<int64_t> order_;
};

}  // namespace

std::vector<int64_t> Permutation(int64_t size, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  const RandomStream stream(seed, fmt::format("sampler {}", epoch));
  for (uint64_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[stream.Below(i - 1, i)]);
  }
  return order;
}

int64_t StepsPerEpoch(int64_t size, int64_t batch_size, int64_t repeats) {
  CheckAtLeast("train.batch_size", batch_size, 1);
  CheckAtLeast("augment.repeats", repeats, 1);
  constexpr int64_t kRound = 256;  // RepeatAugSampler's selected_round
  if (repeats > 1 && size >= kRound) size = size / kRound * kRound;
  if (size < batch_size) {
    Fail("train.batch_size",
         fmt::format("is {}, more than the {} training images; lower it or "
                     "train on more images",
                     batch_size, size));
  }
  return size / batch_size;
}

BatchSampler TrainBatches(const TrainSampling& sampling) {
  Validate(sampling);
  return TrainSampler(sampling);
}

BatchSampler EvalBatches(int64_t size, int64_t batch_size, int rank,
                         int ranks) {
  CheckAtLeast("loader batch size", batch_size, 1);
  return [size, batch_size, ranks,
          begin = rank * batch_size]() mutable -> BatchIndices {
    std::vector<int64_t> indices(
        static_cast<size_t>(std::clamp<int64_t>(size - begin, 0, batch_size)));
    std::iota(indices.begin(), indices.end(), begin);
    begin += ranks * batch_size;
    return {0, std::move(indices)};
  };
}

}  // namespace wsel::data
