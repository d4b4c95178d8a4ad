// Torch-free.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace wsel {

// Pseudo-random values, bit-identical to scripts/golden/hashed.py: splitmix64
// of a tensor's name and an element's index.
class HashedValues {
 public:
  explicit HashedValues(std::string_view name) {
    for (const char c : name) {
      seed_ = (seed_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
  }

  uint64_t Bits(uint64_t index) const {
    uint64_t x = seed_ + index + 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }
  // In [0, 1).
  double Uniform(uint64_t index) const {
    return static_cast<double>(Bits(index) >> 11) * 0x1p-53;
  }
  // The sum of four uniforms: nearly normal, with standard deviation 1.
  double Normal(uint64_t index) const {
    double sum = 0;
    for (uint64_t k = 0; k < 4; ++k) sum += Uniform(4 * index + k);
    return (sum - 2.0) * std::sqrt(3.0);
  }

 private:
  uint64_t seed_ = 0xCBF29CE484222325;
};

}  // namespace wsel
