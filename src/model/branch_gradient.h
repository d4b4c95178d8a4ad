#pragma once

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <vector>

#include "product.h"
#include "row_tiles.h"

namespace wsel::model {

// What the hand-written halves of a block share. Each is a norm, an inner map
// (fc1, qkv), something between, and an outer map (fc2, proj) times gamma.

// A weight and its bias, or what is summed over rows for them.
struct Affine {
  at::Tensor weight, bias;
};

// The outer map with gamma, which may be undefined, folded in.
inline Affine TimesGamma(const Affine& outer, const at::Tensor& gamma) {
  if (!gamma.defined()) return outer;
  return {gamma.unsqueeze(1) * outer.weight, gamma * outer.bias};
}

// Turns the gradients of the folded map, less gamma, into those of `outer`;
// returns gamma's, undefined where gamma is.
inline at::Tensor GammaGradient(const Affine& outer, const at::Tensor& gamma,
                                Affine& gradient) {
  if (!gamma.defined()) return {};
  const auto of_gamma =
      (outer.weight * gradient.weight).sum(1) + outer.bias * gradient.bias;
  gradient.weight.mul_(gamma.unsqueeze(1));
  gradient.bias.mul_(gamma);
  return of_gamma;
}

// [.., W] -> [M, W]: a view where the rows lie together.
inline at::Tensor RowsOf(const at::Tensor& t) {
  return t.reshape({-1, t.size(-1)});
}

// Rows normalised, their means and the inverses of their deviations.
inline auto Normalise(const Affine& norm, double eps, const at::Tensor& rows) {
  return at::native_layer_norm(rows, {rows.size(1)}, norm.weight, norm.bias,
                               eps);
}

// Gradients of a branch's parameters: of one part of the rows, then of all.
struct BranchSums {
  Affine norm, inner, outer;

  BranchSums(const Affine& of_norm, const Affine& of_inner,
             const Affine& of_outer)
      : norm(Zeros(of_norm)), inner(Zeros(of_inner)), outer(Zeros(of_outer)) {}

  void Add(const BranchSums& other) {
    Add(norm, other.norm);
    Add(inner, other.inner);
    Add(outer, other.outer);
  }

 private:
  static Affine Zeros(const Affine& like) {
    return {at::zeros_like(like.weight),
            at::zeros({like.weight.size(0)}, like.weight.options())};
  }
  static void Add(Affine& to, const Affine& from) {
    to.weight.add_(from.weight);
    to.bias.add_(from.bias);
  }
};

// Adds the gradients of a linear map, whose input and output's gradient are
// rows.
inline void AddLinearGradient(Affine& sums, const at::Tensor& gradient,
                              const at::Tensor& input) {
  Multiply(sums.weight, gradient.t(), input, 1);
  sums.bias.add_(gradient.sum(0));
}

// Adds the gradients of a norm; returns that of its input `rows`. `mean` and
// `rstd` as Normalise gives them.
inline at::Tensor NormGradient(Affine& sums, const Affine& norm,
                               const at::Tensor& gradient,
                               const at::Tensor& rows, const at::Tensor& mean,
                               const at::Tensor& rstd) {
  auto [dx, dw, db] = at::native_layer_norm_backward(
      gradient, rows, {rows.size(1)}, mean, rstd, norm.weight, norm.bias,
      {true, true, true});
  sums.weight.add_(dw);
  sums.bias.add_(db);
  return dx;
}

// Calls body(first, count, sums) for all tiles of `rows`, and adds up what each
// thread has summed, in order. zeros() gives sums with nothing in them.
template <typename Zeros, typename Body>
BranchSums SumOverTiles(int64_t rows, int64_t tile, const Zeros& zeros,
                        const Body& body) {
  std::vector<BranchSums> sums;
  for (int64_t part = 0; part < Parts(rows); ++part) sums.push_back(zeros());
  ForRowTiles(rows, tile, [&](int64_t part, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    body(first, count, sums[static_cast<size_t>(part)]);
  });
  for (size_t i = 1; i < sums.size(); ++i) sums[0].Add(sums[i]);
  return sums[0];
}

}  // namespace wsel::model
