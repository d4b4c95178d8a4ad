#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace wsel::model {

// How many parts the rows of a batch are cut into: one for each thread. What a
// sum over rows gives depends on it in the last bits, as with any parallel
// matrix product.
inline int64_t Parts(int64_t rows) {
  return std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), rows));
}

// Calls body(part, first, count) for tiles of at most `tile` rows that cover
// [0, rows). The tiles of one part come in order and on one thread.
template <typename Body>
void ForRowTiles(int64_t rows, int64_t tile, const Body& body) {
  const int64_t parts = Parts(rows);
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t last = rows * (part + 1) / parts;
      for (int64_t first = rows * part / parts; first < last; first += tile) {
        body(part, first, std::min(tile, last - first));
      }
    }
  });
}

}  // namespace wsel::model
