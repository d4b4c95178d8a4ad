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
  if (!sampling.balanced_labels.empty()) {
    CheckBetween("labels",
                 static_cast<int64_t>(sampling.balanced_labels.size()),
                 sampling.size, sampling.size);
  }
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

// An address of random draws for each sample of an order: its index, and for
// its repetitions other numbers, which no sample has.
std::vector<int64_t> AddressesOf(const std::vector<int64_t>& order) {
  const auto size = static_cast<int64_t>(order.size());
  std::vector<int64_t> times(order.size());
  std::vector<int64_t> addresses;
  for (const int64_t index : order) {
    addresses.push_back(index + size * times[static_cast<size_t>(index)]++);
  }
  return addresses;
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
    if (epoch != epoch_) StartEpoch(epoch);
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
  void StartEpoch(int64_t epoch) {
    if (sampling_.balanced_labels.empty()) {
      order_ = Permutation(sampling_.size, sampling_.seed, epoch);
    } else {
      order_ = BalancedOrder(sampling_.balanced_labels, sampling_.seed, epoch);
      addresses_ = AddressesOf(order_);
    }
    epoch_ = epoch;
  }

  // The chunk that begins at a position of the epoch.
  BatchIndices SamplesAt(int64_t first) const {
    const int64_t repeats = sampling_.repeats;
    BatchIndices batch;
    batch.epoch = epoch_;
    for (int64_t at = first; at < first + sampling_.chunk; ++at) {
      const auto image = static_cast<size_t>(at / repeats);
      batch.indices.push_back(order_[image]);
      if (!addresses_.empty()) batch.addresses.push_back(addresses_[image]);
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
  std::vector<int64_t> addresses_;  // of a balanced order
};

// Shuffles the items by draws from number `draw` on.
template <typename T>
void Shuffle(std::vector<T>& items, const RandomStream& random,
             uint64_t& draw) {
  for (size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random.Below(draw++, i)]);
  }
}

// The samples of a class, again and again, each time in another order.
class Passes {
 public:
  Passes(std::vector<int64_t> samples, uint64_t seed, int64_t epoch)
      : samples_(std::move(samples)),
        // Of its own for each class: no other has its first sample.
        random_(seed, fmt::format("balanced sampler {} of {}", epoch,
                                  samples_.front())) {}

  int64_t Next() {
    if (next_ == 0) Shuffle(samples_, random_, draw_);
    const int64_t sample = samples_[next_];
    next_ = (next_ + 1) % samples_.size();
    return sample;
  }

 private:
  std::vector<int64_t> samples_;
  RandomStream random_;
  uint64_t draw_ = 0;
  size_t next_ = 0;
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

std::vector<int64_t> BalancedOrder(const std::vector<int32_t>& labels,
                                   uint64_t seed, int64_t epoch) {
  std::vector<std::vector<int64_t>> by_class;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<size_t>(labels[i]);
    if (label >= by_class.size()) by_class.resize(label + 1);
    by_class[label].push_back(static_cast<int64_t>(i));
  }
  std::erase_if(by_class, [](const auto& samples) { return samples.empty(); });
  const RandomStream turns(seed, fmt::format("balanced sampler {}", epoch));
  std::vector<int64_t> order;
  std::vector<Passes> passes;
  for (auto& samples : by_class) passes.emplace_back(samples, seed, epoch);
  std::vector<size_t> classes(passes.size());
  std::iota(classes.begin(), classes.end(), size_t{0});
  uint64_t draw = 0;
  while (order.size() < labels.size()) {
    Shuffle(classes, turns, draw);
    for (const size_t c : classes) {
      if (order.size() < labels.size()) order.push_back(passes[c].Next());
    }
  }
  return order;
}

const Registry<Sampling>& Samplings() {
  static constexpr Registered<Sampling> kRows[] = {
      {Sampling::kShuffle, "shuffle"}, {Sampling::kBalanced, "balanced"}};
  static constexpr Registry<Sampling> kRegistry("sampler", kRows);
  return kRegistry;
}

int64_t EpochSize(int64_t size, int64_t repeats) {
  constexpr int64_t kRound = 256;  // RepeatAugSampler's selected_round
  return repeats > 1 && size >= kRound ? size / kRound * kRound : size;
}

int64_t StepsPerEpoch(int64_t size, int64_t batch_size, int64_t repeats) {
  CheckAtLeast("train.batch_size", batch_size, 1);
  CheckAtLeast("augment.repeats", repeats, 1);
  size = EpochSize(size, repeats);
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
