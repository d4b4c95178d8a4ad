// Torch-free.
#pragma once

#include <numeric>

#include "wsel/select/selection_rule.h"

namespace wsel::select {

// `count` indices from `start` on.
inline Indices Consecutive(int64_t count, int64_t start = 0) {
  Indices indices(static_cast<size_t>(count));
  std::iota(indices.begin(), indices.end(), start);
  return indices;
}

// The first `to` of `from` indices.
inline Indices FirstOf(int64_t, int64_t to) { return Consecutive(to); }

}  // namespace wsel::select
