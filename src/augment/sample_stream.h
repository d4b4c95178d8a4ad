// Torch-free.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "wsel/augment/options.h"
#include "wsel/core/philox.h"

namespace wsel::augment {

// The random stream for one `purpose` of the item (a, b) of a `kind`. The keys
// are themselves drawn, so a and b may be any integers.
inline RandomStream StreamAt(uint64_t seed, std::string_view kind, int64_t a,
                             int64_t b, std::string_view purpose) {
  constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();
  const uint64_t outer =
      RandomStream(seed, kind).Below(static_cast<uint64_t>(a), kAll);
  const uint64_t inner =
      RandomStream(outer, kind).Below(static_cast<uint64_t>(b), kAll);
  return {inner, purpose};
}

// The stream for one purpose of a sample. Each purpose has its own stream, so
// that changing one leaves the draws of the others unchanged.
inline RandomStream SampleStream(const SampleAddress& at,
                                 std::string_view purpose) {
  return StreamAt(at.seed, "augment.sample", at.epoch, at.index, purpose);
}

// Uniform between `low` and `high`, as Python's random.uniform.
inline double UniformIn(const RandomStream& stream, uint64_t index, double low,
                        double high) {
  return low + (high - low) * stream.Uniform(index);
}

// A uniform integer, 0 ... most.
inline int UpTo(const RandomStream& stream, uint64_t index, int most) {
  return static_cast<int>(stream.Below(index, static_cast<uint64_t>(most) + 1));
}

}  // namespace wsel::augment
