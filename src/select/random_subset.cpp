#include "random_subset.h"

#include <algorithm>

#include "consecutive.h"

namespace wsel::select {

Indices RandomSubset(int64_t from, int64_t to, const RandomStream& stream) {
  // The first `to` steps of a Fisher-Yates shuffle.
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
