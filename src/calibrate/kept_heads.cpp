#include "kept_heads.h"

#include <ATen/ATen.h>

#include <numeric>

#include "ridge.h"

namespace wsel::calibrate {
namespace {

// The energy of the whole output that the channels `kept` give.
double ExplainedBy(const at::Tensor& covariance, const at::Tensor& outer,
                   const at::Tensor& kept) {
  const auto rows = covariance.index_select(0, kept);
  const auto inner = rows.index_select(1, kept);
  const double variance = inner.diagonal().mean().item<double>();
  if (!(variance > 0)) return 0;
  const auto products = at::matmul(rows, outer.t());  // [kept, d]
  const auto regular =
      inner + kRidge * variance * at::eye(inner.size(0), at::kDouble);
  const auto weight =
      at::cholesky_solve(products, at::linalg_cholesky(regular));
  return (2 * (products * weight).sum() -
          (weight * at::matmul(inner, weight)).sum())
      .item<double>();
}

}  // namespace

at::Tensor ChannelsOf(const std::vector<int64_t>& heads, int64_t head_dim) {
  return (at::tensor(heads, at::kLong).unsqueeze(1) * head_dim +
          at::arange(head_dim, at::kLong))
      .flatten();
}

std::vector<int64_t> KeptHeads(const at::Tensor& covariance,
                               const at::Tensor& outer, int64_t heads,
                               int64_t keep) {
  const int64_t dim = covariance.size(0) / heads;
  std::vector<int64_t> kept(static_cast<size_t>(heads));
  std::iota(kept.begin(), kept.end(), 0);
  while (static_cast<int64_t>(kept.size()) > keep) {
    size_t best = 0;
    double most = -1;
    for (size_t i = 0; i < kept.size(); ++i) {
      auto others = kept;
      others.erase(others.begin() + static_cast<int64_t>(i));
      const double explained =
          ExplainedBy(covariance, outer, ChannelsOf(others, dim));
      if (explained >= most) {
        most = explained;
        best = i;
      }
    }
    kept.erase(kept.begin() + static_cast<int64_t>(best));
  }
  return kept;
}

}  // namespace wsel::calibrate
