#include "gemm_limit.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/gemm.h"

namespace wsel::bench {
namespace {

// Cubes from 256 KB of each factor to 2.25 MB: which of them is the fastest
// depends on the sizes of the caches.
constexpr int64_t kSides[] = {256, 384, 512, 768};

struct Cube {
  explicit Cube(int64_t side)
      : a(at::randn({side, side})),
        b(at::randn({side, side})),
        c(at::zeros({side, side})) {}
  at::Tensor a, b, c;
};

// Seconds in which each of `cubes` is multiplied `times` times, by a thread of
// its own.
double SecondsOf(const std::vector<Cube>& cubes, int times) {
  const auto begin = std::chrono::steady_clock::now();
  at::parallel_for(0, static_cast<int64_t>(cubes.size()), 1,
                   [&](int64_t first, int64_t last) {
                     for (int64_t i = first; i < last; ++i) {
                       const Cube& cube = cubes[static_cast<size_t>(i)];
                       for (int k = 0; k < times; ++k) {
                         kernels::Gemm(cube.c, cube.a, cube.b, 0);
                       }
                     }
                   });
  const std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - begin;
  return taken.count();
}

// The best of several rounds, each long enough for the clock.
double RateOf(int64_t side, int threads) {
  constexpr double kRoundFlops = 4e9;  // of a thread
  constexpr int kRounds = 8;
  const double flops = 2.0 * static_cast<double>(side * side * side);
  const int times = std::max(1, static_cast<int>(kRoundFlops / flops));
  std::vector<Cube> cubes;
  for (int i = 0; i < threads; ++i) cubes.emplace_back(side);
  SecondsOf(cubes, 1);  // the backend generates its kernel
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    best = std::max(best, flops * times * threads / SecondsOf(cubes, times));
  }
  return best;
}

}  // namespace

double GemmLimit(int threads) {
  at::set_num_threads(threads);
  double best = 0;
  for (const int64_t side : kSides) {
    best = std::max(best, RateOf(side, threads));
  }
  return best;
}

}  // namespace wsel::bench
