#include "channel_energy.h"

#include <ATen/ATen.h>

namespace wsel::calibrate {

at::Tensor Energy(const at::Tensor& x) {
  return x.flatten(0, -2).to(at::kDouble).square().sum(0);
}

at::Tensor NormedEnergy(const at::Tensor& x, bool is_layer_norm) {
  auto rows = x.flatten(0, -2).to(at::kDouble);
  if (is_layer_norm) rows = rows - rows.mean(1, /*keepdim=*/true);
  const auto squares = rows.square();
  return (squares / squares.sum(1, /*keepdim=*/true).clamp_min(1e-300)).sum(0);
}

at::Tensor Shares(const at::Tensor& scores) {
  const auto sum = scores.sum();
  return sum.item<double>() > 0 ? scores / sum : scores;
}

at::Tensor ColumnNorms(const at::Tensor& weight, const at::Tensor& gamma) {
  auto w = weight.to(at::kDouble).flatten(1);
  if (gamma.defined()) w = w * gamma.to(at::kDouble).unsqueeze(1);
  // A column of a kernel is all its positions.
  return w.square().sum(0).view({weight.size(1), -1}).sum(1);
}

}  // namespace wsel::calibrate
