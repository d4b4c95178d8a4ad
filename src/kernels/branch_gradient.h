#pragma once

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <vector>

#include "gemm.h"
#include "row_tiles.h"

namespace wsel::kernels {

// Shared by the hand-written forward and backward passes of residual branches,
// each a norm, an inner linear layer (fc1, qkv), an activation or attention,
// and an outer linear layer (fc2, proj) times gamma.

// The weight and bias of a norm or a linear layer, or their gradients.
struct WeightAndBias {
  at::Tensor weight, bias;
};

// The outer layer with gamma, which may be undefined, folded in.
inline WeightAndBias TimesGamma(const WeightAndBias& outer,
                                const at::Tensor& gamma) {
  if (!gamma.defined()) return outer;
  return {gamma.unsqueeze(1) * outer.weight, gamma * outer.bias};
}

// Turns `gradient`, accumulated without the factor gamma, into that of `outer`;
// returns the gradient of gamma, undefined if gamma is.
inline at::Tensor GammaGradient(const WeightAndBias& outer,
                                const at::Tensor& gamma,
                                WeightAndBias& gradient) {
  if (!gamma.defined()) return {};
  const auto gamma_gradient =
      (outer.weight * gradient.weight).sum(1) + outer.bias * gradient.bias;
  gradient.weight.mul_(gamma.unsqueeze(1));
  gradient.bias.mul_(gamma);
  return gamma_gradient;
}

// [.., W] -> [M, W], a view if possible.
inline at::Tensor RowsOf(const at::Tensor& t) {
  return t.reshape({-1, t.size(-1)});
}

// The normalised rows, their means and reciprocal standard deviations.
inline auto Normalise(const WeightAndBias& norm, double eps,
                      const at::Tensor& rows) {
  return at::native_layer_norm(rows, {rows.size(1)}, norm.weight, norm.bias,
                               eps);
}

// The gradients of a branch's parameters, accumulated over rows.
struct BranchGradients {
  WeightAndBias norm, inner, outer;

  BranchGradients(const WeightAndBias& of_norm, const WeightAndBias& of_inner,
                  const WeightAndBias& of_outer)
      : norm(Zeros(of_norm)), inner(Zeros(of_inner)), outer(Zeros(of_outer)) {}

  void Add(const BranchGradients& other) {
    Add(norm, other.norm);
    Add(inner, other.inner);
    Add(outer, other.outer);
  }

 private:
  static WeightAndBias Zeros(const WeightAndBias& like) {
    return {at::zeros_like(like.weight),
            at::zeros({like.weight.size(0)}, like.weight.options())};
  }
  static void Add(WeightAndBias& to, const WeightAndBias& from) {
    to.weight.add_(from.weight);
    to.bias.add_(from.bias);
  }
};

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

// Calls body(first, count, grads) for all tiles of `rows` and sums the
// gradients of all threads in a fixed order. zeros() returns gradients of zero.
template <typename Zeros, typename Body>
BranchGradients SumOverTiles(int64_t rows, int64_t tile, const Zeros& zeros,
                             const Body& body) {
  std::vector<BranchGradients> grads;
  for (int64_t part = 0; part < NumParts(rows); ++part) {
    grads.push_back(zeros());
  }
  ForRowTiles(rows, tile, [&](int64_t part, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    body(first, count, grads[static_cast<size_t>(part)]);
  });
  for (size_t i = 1; i < grads.size(); ++i) grads[0].Add(grads[i]);
  return grads[0];
}

}  // namespace wsel::kernels
