// Torch-free.
#pragma once

#include <algorithm>
#include <utility>

#include "consecutive.h"

namespace wsel::select {

// A uniformly random subset of `to` of the indices 0 ... from-1, ascending: the
// first `to` steps of a Fisher-Yates shuffle, sorted.
inline Indices RandomSubset(int64_t from, int64_t to,
                            const RandomStream& stream) {
  Indices pool = Consecutive(from);
  for (int64_t i = 0; i < to; ++i) {
    const auto left = static_cast<uint64_t>(from - i);
    std::swap(pool[i], pool[i + stream.Below(i, left)]);
  }
  pool.resize(static_cast<size_t>(to));
  std::sort(pool.begin(), pool.end());
  return pool;
}

}  // namespace wsel::select
