#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <algorithm>
#include <vector>

#include "gemm.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {

// Shared by the hand-written forward and backward passes of residual branches.
// Their sources must be compiled with OpenMP (CMakeLists.txt).

// The outer layer with gamma, which may be undefined, folded in.
inline WeightAndBias OuterTimesGamma(const ResidualBranch& branch) {
  const auto& [weight, bias] = branch.outer;
  const at::Tensor& gamma = branch.gamma;
  if (!gamma.defined()) return branch.outer;
  return {gamma.unsqueeze(1) * weight, gamma * bias};
}

// [.., W] -> [M, W], a view if possible.
inline at::Tensor RowsOf(const at::Tensor& t) {
  return t.reshape({-1, t.size(-1)});
}

// The normalised rows, their means and reciprocal standard deviations.
inline auto Normalise(const ResidualBranch& branch, const at::Tensor& rows) {
  return at::native_layer_norm(rows, {rows.size(1)}, branch.norm.weight,
                               branch.norm.bias, branch.eps);
}

// Accumulates the gradients of a linear layer from the gradient of its output
// and its input, both as rows.
inline void AddLinearGradient(WeightAndBias& grads, const at::Tensor& gradient,
                              const at::Tensor& input) {
  Gemm(grads.weight, gradient.t(), input, 1);
  grads.bias.add_(gradient.sum(0));
}

// Accumulates the gradients of a norm and returns that of its input `rows`.
// `mean` and `rstd` are those from Normalise.
inline at::Tensor NormGradient(WeightAndBias& grads, const WeightAndBias& norm,
                               const at::Tensor& gradient,
                               const at::Tensor& rows, const at::Tensor& mean,
                               const at::Tensor& rstd) {
  auto [dx, dw, db] = at::native_layer_norm_backward(
      gradient, rows, {rows.size(1)}, mean, rstd, norm.weight, norm.bias,
      {true, true, true});
  grads.weight.add_(dw);
  grads.bias.add_(db);
  return dx;
}

// The number of parts that the rows of a batch are split into, one per thread.
// The last bits of sums over rows depend on it, as in any parallel GEMM.
inline int64_t NumParts(int64_t rows) {
  return std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), rows));
}

// Calls body(part, first, count), below autograd, for tiles of at most `tile`
// rows that cover [0, rows). The tiles of a part are processed in order by one
// thread.
template <typename Body>
void ForRowTiles(int64_t rows, int64_t tile, const Body& body) {
  const int64_t parts = NumParts(rows);
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const at::AutoDispatchBelowAutograd guard;
    for (int64_t part = begin; part < end; ++part) {
      const int64_t last = rows * (part + 1) / parts;
      for (int64_t first = rows * part / parts; first < last; first += tile) {
        body(part, first, std::min(tile, last - first));
      }
    }
  });
}

// Gives `sum`, gradients without the factor gamma, that factor and the gradient
// of gamma, if the branch has one.
inline void FoldGammaInto(ResidualBranch& sum, const ResidualBranch& branch) {
  if (!branch.gamma.defined()) return;
  sum.gamma = (branch.outer.weight * sum.outer.weight).sum(1) +
              branch.outer.bias * sum.outer.bias;
  sum.outer.weight.mul_(branch.gamma.unsqueeze(1));
  sum.outer.bias.mul_(branch.gamma);
}

// The gradients of a branch's parameters: calls body(first, count, gradients),
// which accumulates them without the factor gamma, for all tiles of `rows`, and
// sums those of all threads in a fixed order.
template <typename Body>
ResidualBranch SumOverTiles(const ResidualBranch& branch, int64_t rows,
                            int64_t tile, const Body& body) {
  const auto zeros = [](const WeightAndBias& like) -> WeightAndBias {
    return {at::zeros_like(like.weight),
            at::zeros({like.weight.size(0)}, like.weight.options())};
  };
  std::vector<ResidualBranch> parts;
  for (int64_t part = 0; part < NumParts(rows); ++part) {
    parts.push_back({zeros(branch.norm), 0, zeros(branch.inner),
                     zeros(branch.outer), /*gamma=*/{}});
  }
  ForRowTiles(rows, tile, [&](int64_t part, int64_t first, int64_t count) {
    body(first, count, parts[static_cast<size_t>(part)]);
  });
  ResidualBranch& sum = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) {
    for (const auto layer : {&ResidualBranch::norm, &ResidualBranch::inner,
                             &ResidualBranch::outer}) {
      (sum.*layer).weight.add_((parts[i].*layer).weight);
      (sum.*layer).bias.add_((parts[i].*layer).bias);
    }
  }
  FoldGammaInto(sum, branch);
  return sum;
}

}  // namespace wsel::kernels
