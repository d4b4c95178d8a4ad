#include "measures.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace wsel::analyze {
namespace {

double NormOfProduct(const at::Tensor& x, const at::Tensor& y) {
  return x.t().matmul(y).norm().item<double>();
}

}  // namespace

at::Tensor Centred(const at::Tensor& x) {
  const auto wide = x.to(at::kDouble);
  return wide - wide.mean(0, /*keepdim=*/true);
}

double EffectiveRank(const at::Tensor& matrix) {
  if (!at::isfinite(matrix).all().item<bool>()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto values = at::linalg_svdvals(matrix.to(at::kDouble));
  const double sum = values.sum().item<double>();
  if (sum == 0) return 0;
  const auto p = values / sum;
  // xlogy defines 0 log 0 as 0, its limit.
  return std::exp(-at::xlogy(p, p).sum().item<double>());
}

double LinearCka(const at::Tensor& x, const at::Tensor& y) {
  const auto a = Centred(x);
  const auto b = Centred(y);
  const double cross = NormOfProduct(a, b);
  return cross * cross / (NormOfProduct(a, a) * NormOfProduct(b, b));
}

double MeanCosine(const at::Tensor& x, const at::Tensor& y) {
  return at::cosine_similarity(x.to(at::kDouble), y.to(at::kDouble), /*dim=*/1)
      .mean()
      .item<double>();
}

}  // namespace wsel::analyze
