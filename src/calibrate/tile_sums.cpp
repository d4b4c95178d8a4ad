#include "tile_sums.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "wsel/core/parallel.h"

namespace wsel::calibrate {

namespace {

// The number of threads that operators have outside of all guards; 0: there is
// none.
int threads_outside = 0;

void Add(const Sums& part, Sums& total) {
  const bool begins = total.empty();
  for (size_t k = 0; k < part.size(); ++k) {
    if (begins) {
      total.push_back(
          part[k].to(at::kDouble, /*non_blocking=*/false, /*copy=*/true));
    } else {
      total[k].add_(part[k]);
    }
  }
}

size_t BytesOf(const Sums& sums) {
  size_t bytes = 1;
  for (const at::Tensor& sum : sums) bytes += sum.nbytes();
  return bytes;
}

}  // namespace

OneThreadEach::OneThreadEach() : outermost_(threads_outside == 0) {
  if (!outermost_) return;
  threads_outside = at::get_num_threads();
  at::set_num_threads(1);
}

OneThreadEach::~OneThreadEach() {
  if (!outermost_) return;
  at::set_num_threads(threads_outside);
  threads_outside = 0;
}

size_t OneThreadEach::threads() const {
  return static_cast<size_t>(threads_outside);
}

Sums SumOverTiles(size_t tiles, const std::function<Sums(size_t)>& of_tile,
                  size_t at_once) {
  const OneThreadEach guard;
  const size_t most =
      at_once == 0 ? guard.threads() : std::min(at_once, guard.threads());
  Sums total;
  size_t group = 1;  // the first tile shows how large the sums are
  for (size_t first = 0; first < tiles;) {
    std::vector<Sums> parts(std::min(group, tiles - first));
    const auto compute = [&](size_t i) {
      const at::NoGradGuard no_grad;
      parts[i] = of_tile(first + i);
    };
    ParallelFor(parts.size(), compute, guard.threads());
    for (const Sums& part : parts) Add(part, total);
    first += parts.size();
    group = std::clamp<size_t>(kMostSumBytes / BytesOf(total), 1, most);
  }
  return total;
}

void ForEachTile(size_t tiles, const std::function<void(size_t)>& body) {
  const OneThreadEach guard;
  const auto call = [&](size_t i) {
    const at::NoGradGuard no_grad;
    body(i);
  };
  ParallelFor(tiles, call, guard.threads());
}

}  // namespace wsel::calibrate
