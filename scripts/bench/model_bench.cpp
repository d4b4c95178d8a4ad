// Pieces of a training step on one thread, each beside LibTorch's.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <benchmark/benchmark.h>

#include "kernels/gemm.h"
#include "kernels/simd/kernels.h"

namespace wsel::kernels {
namespace {

// A product c [M, N] = a [M, K] b [K, N] of a training step at 224 pixels: a
// layer's is rows by the transposed weight; a weight gradient's left factor is
// the transposed gradient; the attention matrices' are slices of qkv.
struct Product {
  const char* name;
  int64_t m, n, k;
  bool a_transposed, b_transposed;
};
constexpr Product kProducts[] = {
    {"ViT-T/qkv", 197, 576, 192, false, true},
    {"ViT-T/scores", 197, 197, 64, false, true},
    {"ViT-T/attention", 197, 64, 197, false, false},
    {"ViT-T/proj", 197, 192, 192, false, true},
    {"ViT-T/fc1", 128, 768, 192, false, true},
    {"ViT-T/fc2", 128, 192, 768, false, true},
    {"ViT-T/fc1-input-gradient", 128, 192, 768, false, false},
    {"ViT-T/fc1-weight-gradient", 768, 192, 128, true, false},
    {"ConvNeXt-F/48-fc1", 512, 192, 48, false, true},
    {"ConvNeXt-F/48-fc2", 512, 48, 192, false, true},
    {"ConvNeXt-F/48-fc1-weight-gradient", 192, 48, 512, true, false},
    {"ConvNeXt-F/96-fc1", 256, 384, 96, false, true},
    {"ConvNeXt-F/192-fc1", 128, 768, 192, false, true},
    {"ConvNeXt-F/384-fc1", 128, 1536, 384, false, true},
    {"ConvNeXt-F/384-fc2", 128, 384, 1536, false, true},
    {"ConvNeXt-F/384-fc1-weight-gradient", 1536, 384, 128, true, false},
};

at::Tensor Factor(int64_t rows, int64_t columns, bool transposed) {
  return transposed ? at::randn({columns, rows}).t()
                    : at::randn({rows, columns});
}

struct Factors {
  explicit Factors(const Product& p)
      : a(Factor(p.m, p.k, p.a_transposed)),
        b(Factor(p.k, p.n, p.b_transposed)),
        c(at::zeros({p.m, p.n})) {
    at::set_num_threads(1);
  }
  at::Tensor a, b, c;
};

// Times multiply(), and counts its operations.
template <typename F>
void Time(benchmark::State& state, const Product& p, const F& multiply) {
  for (auto _ : state) multiply();
  state.counters["flop/s"] =
      benchmark::Counter(2.0 * static_cast<double>(p.m * p.n * p.k),
                         benchmark::Counter::kIsIterationInvariantRate);
}

// dnnl_sgemm of the libdnnl that is installed, as wsel uses it.
void OneDnn(benchmark::State& state, const Product& p) {
  const std::string problem = WhyNoOneDnn();
  if (!problem.empty()) return state.SkipWithError(problem.c_str());
  const Factors f(p);
  Time(state, p,
       [&] { OneDnnGemm(MatrixOf(f.c), MatrixOf(f.a), MatrixOf(f.b), 0, 1); });
}

// at::addmm, which is MKL's sgemm.
void Torch(benchmark::State& state, const Product& p) {
  Factors f(p);
  Time(state, p, [&] { at::addmm_out(f.c, f.c, f.a, f.b, 0, 1); });
}

// The oneDNN in LibTorch, through the operator that its compiler uses: a new
// tensor for each result, and no factors but rows and [N, K] weights.
void TorchOneDnn(benchmark::State& state, const Product& p) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
          .typed<at::Tensor(const at::Tensor&, const at::Tensor&,
                            const std::optional<at::Tensor>&, c10::string_view,
                            c10::List<std::optional<at::Scalar>>,
                            std::optional<c10::string_view>)>();
  const Factors f(p);
  const at::Tensor weight = f.b.t().contiguous();
  const c10::List<std::optional<at::Scalar>> no_scalars;
  const c10::InferenceMode guard;
  Time(state, p, [&] {
    benchmark::DoNotOptimize(op.call(f.a.contiguous(), weight, std::nullopt,
                                     "none", no_scalars, std::nullopt));
  });
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const Product& p : kProducts) {
    const std::string name = std::string("Product/") + p.name;
    benchmark::RegisterBenchmark((name + "/onednn").c_str(), OneDnn, p);
    benchmark::RegisterBenchmark((name + "/torch").c_str(), Torch, p);
    benchmark::RegisterBenchmark((name + "/torch-onednn").c_str(), TorchOneDnn,
                                 p);
  }
  return true;
}();

// The hidden layer of one tile of ViT-T's MLP.
constexpr int64_t kHidden = 128 * 768;

void CountValues(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kHidden);
}

void GeluGradient(benchmark::State& state, InstructionSet set) {
  const auto hidden = at::randn({kHidden});
  const auto activation = at::empty_like(hidden);
  auto gradient = at::ones_like(hidden);
  for (auto _ : state) {
    gradient.fill_(1);
    KernelsFor(set).gelu_and_gradient(hidden.const_data_ptr<float>(), kHidden,
                                      activation.data_ptr<float>(),
                                      gradient.data_ptr<float>());
  }
  CountValues(state);
}
[[maybe_unused]] const bool kGeluRegistered = [] {
  for (const InstructionSet set : SupportedInstructionSets()) {
    benchmark::RegisterBenchmark(
        ("GeluGradient/" + std::string(NameOf(set))).c_str(), GeluGradient,
        set);
  }
  return true;
}();

void GeluGradientOfLibTorch(benchmark::State& state) {
  at::set_num_threads(1);
  const auto hidden = at::randn({kHidden});
  auto activation = at::empty_like(hidden);
  auto gradient = at::ones_like(hidden);
  for (auto _ : state) {
    gradient.fill_(1);
    at::gelu_out(activation, hidden);
    at::gelu_backward_out(gradient, gradient, hidden);
  }
  CountValues(state);
}
BENCHMARK(GeluGradientOfLibTorch);

}  // namespace
}  // namespace wsel::kernels
