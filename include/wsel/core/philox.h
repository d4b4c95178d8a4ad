// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace wsel {

// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3",
// SC 2011): a counter-based generator. Its output depends only on key and
// counter, so random numbers can be generated in any order.
std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter,
                               std::array<uint32_t, 2> key);

// A stream of random numbers, identified by (seed, name). Number i of a stream
// is always the same: there is no state.
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view name);

  // Number `index`, uniform in the open interval (0, 1), with 52 random bits.
  double Uniform(uint64_t index) const;
  // Uniform integer in [0, bound), bound > 0; bias at most bound / 2^64.
  uint64_t Below(uint64_t index, uint64_t bound) const;

 private:
  uint64_t Bits(uint64_t index) const;

  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 2> name_;
};

// The normal distribution's quantile function for 0 < p < 1, to about 1e-16
// (Wichura's AS 241, PPND16).
double NormalQuantile(double p);

}  // namespace wsel
