// Pieces of a training step on one thread, each beside LibTorch's.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include "../../src/model/gelu_gradient.h"
#include "../../src/model/gemm.h"

namespace wsel::model {
namespace {

// One tile of an MLP of this width: [rows, D] by [4 D, D]^T.
struct Tile {
  explicit Tile(int64_t width)
      : rows(at::randn({std::max<int64_t>(128, 24'576 / width), width})),
        weight(at::randn({4 * width, width})),
        out(at::empty({rows.size(0), 4 * width})) {
    at::set_num_threads(1);
  }

  void CountProducts(benchmark::State& state) const {
    state.counters["flop/s"] = benchmark::Counter(
        2.0 * static_cast<double>(out.numel() * rows.size(1)),
        benchmark::Counter::kIsIterationInvariantRate);
  }
  void CountNumbers(benchmark::State& state) const {
    state.SetItemsProcessed(state.iterations() * out.numel());
  }

  at::Tensor rows, weight, out;
};

void Product(benchmark::State& state) {
  const Tile tile(state.range(0));
  for (auto _ : state) Gemm(tile.out, tile.rows, tile.weight.t(), 0);
  tile.CountProducts(state);
}
BENCHMARK(Product)->Arg(48)->Arg(192)->Arg(384);

void ProductOfLibTorch(benchmark::State& state) {
  Tile tile(state.range(0));
  for (auto _ : state) at::mm_out(tile.out, tile.rows, tile.weight.t());
  tile.CountProducts(state);
}
BENCHMARK(ProductOfLibTorch)->Arg(48)->Arg(192)->Arg(384);

void GeluGradient(benchmark::State& state) {
  const Tile tile(192);
  const auto hidden = at::randn_like(tile.out);
  const auto activation = at::empty_like(hidden);
  auto gradient = at::ones_like(hidden);
  for (auto _ : state) {
    gradient.fill_(1);
    GeluAndGradient(hidden.const_data_ptr<float>(), hidden.numel(),
                    activation.data_ptr<float>(), gradient.data_ptr<float>());
  }
  tile.CountNumbers(state);
}
BENCHMARK(GeluGradient);

void GeluGradientOfLibTorch(benchmark::State& state) {
  const Tile tile(192);
  const auto hidden = at::randn_like(tile.out);
  auto activation = at::empty_like(hidden);
  auto gradient = at::ones_like(hidden);
  for (auto _ : state) {
    gradient.fill_(1);
    at::gelu_out(activation, hidden);
    at::gelu_backward_out(gradient, gradient, hidden);
  }
  tile.CountNumbers(state);
}
BENCHMARK(GeluGradientOfLibTorch);

}  // namespace
}  // namespace wsel::model
