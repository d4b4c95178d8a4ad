#include "stream_basis.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>
#include <tuple>

#include "low_rank.h"

namespace wsel::calibrate {

at::Tensor ZeroMeanBasis(int64_t width) {
  const auto n = static_cast<double>(width);
  const auto rows = at::arange(width, at::kDouble).add_(0.5).unsqueeze(1);
  const auto columns = at::arange(1, width, at::kDouble).unsqueeze(0);
  return (rows * columns * (std::numbers::pi / n)).cos() * std::sqrt(2 / n);
}

at::Tensor Centred(const at::Tensor& x) {
  return x - x.mean(-1, /*keepdim=*/true);
}

at::Tensor StreamBasis(const at::Tensor& moments, int64_t width) {
  const int64_t from = moments.size(0);
  // The constant direction, of moment 0, must come last although others may
  // have none either.
  const auto shifted = moments - moments.trace() / static_cast<double>(from) *
                                     at::ones({from, from}, at::kDouble);
  const auto vectors = std::get<1>(at::linalg_eigh(shifted));  // ascending
  const auto leading = vectors.narrow(1, from - width + 1, width - 1).flip(1);
  return at::matmul(WithPositivePeaks(leading), ZeroMeanBasis(width).t());
}

at::Tensor UncentredBasis(const at::Tensor& moments, int64_t width) {
  const auto vectors = std::get<1>(at::linalg_eigh(moments));  // ascending
  const auto leading = vectors.narrow(1, moments.size(0) - width, width);
  return WithPositivePeaks(leading.flip(1));
}

at::Tensor SeenByNorm(const at::Tensor& x, model::Norm norm) {
  return norm == model::Norm::kLayerNorm ? Centred(x) : x;
}

}  // namespace wsel::calibrate
