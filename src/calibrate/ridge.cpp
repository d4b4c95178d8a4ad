#include "ridge.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "finite.h"

namespace wsel::calibrate {
namespace {

enum RidgeSum { kSamples, kInput, kTarget, kInputProducts, kProducts };

constexpr std::string_view kActivations =
    "the activations on the calibration images have";

at::Tensor Rows(const at::Tensor& x) {
  return x.flatten(0, -2).to(at::kDouble);
}

}  // namespace

Sums RidgeSums(const at::Tensor& inputs, const at::Tensor& targets) {
  const auto x = Rows(inputs);
  const auto y = Rows(targets);
  return {at::full({}, static_cast<double>(x.size(0)), at::kDouble), x.sum(0),
          y.sum(0), at::matmul(x.t(), x), at::matmul(x.t(), y)};
}

LinearFit Ridge(const Sums& sums, const at::Tensor& around, bool with_bias,
                const std::string& layer) {
  RequireFinite(sums, layer, kActivations);
  const at::Tensor& n = sums[kSamples];
  const auto mean_x = sums[kInput] / n;
  const auto mean_y = sums[kTarget] / n;
  auto moments = sums[kInputProducts] / n;
  auto products = sums[kProducts] / n;
  if (with_bias) {
    moments = moments - at::outer(mean_x, mean_x);
    products = products - at::outer(mean_x, mean_y);
  }
  const auto w0 = around.to(at::kDouble);
  const double variance = moments.diagonal().mean().item<double>();
  LinearFit fit{w0, {}};
  if (variance > 0) {
    const auto residual = products - at::matmul(moments, w0.t());
    const auto regular =
        moments + kRidge * variance * at::eye(w0.size(1), at::kDouble);
    fit.weight =
        w0 + at::cholesky_solve(residual, at::linalg_cholesky(regular)).t();
  }
  if (with_bias) fit.bias = mean_y - at::mv(fit.weight, mean_x);
  return fit;
}

Sums ChannelSums(const at::Tensor& inputs, const at::Tensor& targets) {
  const auto x = Rows(inputs);
  const auto y = Rows(targets);
  return {at::full({}, static_cast<double>(x.size(0)), at::kDouble), x.sum(0),
          y.sum(0), x.square().sum(0), (x * y).sum(0)};
}

LinearFit ChannelRidge(const Sums& sums, const at::Tensor& around,
                       bool with_bias, const std::string& layer) {
  RequireFinite(sums, layer, kActivations);
  const at::Tensor& n = sums[kSamples];
  const auto mean_x = sums[kInput] / n;
  const auto mean_y = sums[kTarget] / n;
  auto moments = sums[kInputProducts] / n;
  auto products = sums[kProducts] / n;
  if (with_bias) {
    moments = moments - mean_x.square();
    products = products - mean_x * mean_y;
  }
  const auto w0 = around.to(at::kDouble);
  const auto regular = moments + kRidge * moments.mean();
  LinearFit fit{w0, {}};
  if (regular.min().item<double>() > 0) {
    fit.weight = w0 + (products - moments * w0) / regular;
  }
  if (with_bias) fit.bias = mean_y - fit.weight * mean_x;
  return fit;
}

void RowCount::Add(const Sums& sums, int64_t inputs, const std::string& layer) {
  const double rows = sums[kSamples].item<double>();
  if (!warning_.empty() || rows >= static_cast<double>(inputs)) return;
  warning_ = fmt::format(
      "{} has {} inputs, and the calibration images give only {} rows to fit "
      "it: the ridge decides the rest; more calibration images are better",
      layer, inputs, rows);
}

}  // namespace wsel::calibrate
