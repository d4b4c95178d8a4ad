#include "low_rank.h"

#include <ATen/ATen.h>

#include <tuple>

namespace wsel::calibrate {
namespace {

// a [m, n] = u s v', with signs as in WithPositivePeaks of u.
struct Svd {
  at::Tensor u, s, v;
};
Svd SvdOf(const at::Tensor& a, int64_t rank) {
  const auto [u, s, vh] = at::linalg_svd(a, /*full_matrices=*/false);
  const auto left = u.narrow(1, 0, rank);
  const auto fixed = WithPositivePeaks(left);
  const auto signs = at::sign((left * fixed).sum(0));
  return {fixed, s.narrow(0, 0, rank), vh.narrow(0, 0, rank).t() * signs};
}

}  // namespace

at::Tensor WithPositivePeaks(const at::Tensor& columns) {
  const auto peaks = std::get<1>(columns.abs().max(0, /*keepdim=*/true));
  const auto values = columns.gather(0, peaks);
  return columns *
         at::where(values < 0, -at::ones_like(values), at::ones_like(values));
}

Roots RootsOf(const at::Tensor& moments) {
  auto [values, vectors] = at::linalg_eigh(moments);
  const double largest = values.max().item<double>();
  // Nothing at all: any map will do.
  const double least = largest > 0 ? kLeastEigenvalue * largest : 1;
  const auto roots = values.clamp_min(least).sqrt();
  return {at::matmul(vectors * roots, vectors.t()),
          at::matmul(vectors / roots, vectors.t())};
}

LowRank LowRankLogits(const at::Tensor& queries, const at::Tensor& keys,
                      int64_t rank) {
  const Roots q = RootsOf(queries);
  const Roots k = RootsOf(keys);
  const Svd svd = SvdOf(at::matmul(q.root, k.root), rank);
  const auto scale = svd.s.sqrt();
  return {at::matmul(q.inverse, svd.u * scale),
          at::matmul(k.inverse, svd.v * scale)};
}

LowRank LowRankValues(const at::Tensor& values, const at::Tensor& outer,
                      int64_t rank) {
  const Roots v = RootsOf(values);
  const Svd svd = SvdOf(at::matmul(v.root, outer.t()), rank);
  auto first = at::matmul(v.inverse, svd.u);
  auto second = svd.v * svd.s;
  const double norm = second.norm().item<double>();
  if (norm > 0) {
    const double scale = outer.norm().item<double>() / norm;
    first = first / scale;
    second = second * scale;
  }
  return {first, second};
}

}  // namespace wsel::calibrate
