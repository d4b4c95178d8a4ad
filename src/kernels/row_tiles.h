#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace wsel::kernels {

// The number of parts that the rows of a batch are split into, one per thread.
// The last bits of sums over rows depend on it, as in any parallel GEMM.
inline int64_t NumParts(int64_t rows) {
  return std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), rows));
}

// Calls body(part, first, count) for tiles of at most `tile` rows that cover
// [0, rows). The tiles of a part are processed in order by one thread.
template <typename Body>
void ForRowTiles(int64_t rows, int64_t tile, const Body& body) {
  const int64_t parts = NumParts(rows);
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t last = rows * (part + 1) / parts;
      for (int64_t first = rows * part / parts; first < last; first += tile) {
        body(part, first, std::min(tile, last - first));
      }
    }
  });
}

}  // namespace wsel::kernels
