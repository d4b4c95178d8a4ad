// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::analyze {

// The tick step of an axis over 0 ... count - 1: 1, 2 or 5 times a power of
// ten, for at most seven ticks.
inline int64_t TickStep(int64_t count) {
  int64_t power = 1;
  for (; power * 70 <= count; power *= 10) {
  }
  for (const int64_t step : {1, 2, 5}) {
    if (count <= step * power * 7) return step * power;
  }
  return 10 * power;
}

}  // namespace wsel::analyze
