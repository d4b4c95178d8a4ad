#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <vector>

namespace wsel::calibrate {

// While it lives, each operator computes with one thread. Tiles are what runs
// in parallel, on as many threads as operators had (at::set_num_threads), so
// that no result depends on their number. One within another changes nothing.
// Made by one thread at a time.
class OneThreadEach {
 public:
  OneThreadEach();
  ~OneThreadEach();
  OneThreadEach(const OneThreadEach&) = delete;
  OneThreadEach& operator=(const OneThreadEach&) = delete;

  // For tiles.
  size_t threads() const;

 private:
  bool outermost_;
};

using Sums = std::vector<at::Tensor>;

inline constexpr size_t kMostSumBytes = size_t{4} << 30;

// The sums, in float64, of what `of_tile` returns for each tile, added in the
// order of the tiles. `of_tile` is called from several threads, without
// gradients. Tiles with sums in memory are at most as many as threads and,
// where it is not 0, `at_once`, and have at most kMostSumBytes together.
Sums SumOverTiles(size_t tiles, const std::function<Sums(size_t)>& of_tile,
                  size_t at_once = 0);

// Calls `body` for each tile, from several threads, without gradients.
void ForEachTile(size_t tiles, const std::function<void(size_t)>& body);

}  // namespace wsel::calibrate
