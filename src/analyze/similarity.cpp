#include "similarity.h"

#include <ATen/ATen.h>

namespace wsel::analyze {
namespace {

at::Tensor Centred(const at::Tensor& x) {
  const auto wide = x.to(at::kDouble);
  return wide - wide.mean(0, /*keepdim=*/true);
}

double NormOfProduct(const at::Tensor& x, const at::Tensor& y) {
  return x.t().matmul(y).norm().item<double>();
}

}  // namespace

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
