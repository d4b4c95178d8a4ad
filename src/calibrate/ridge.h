#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "tile_sums.h"

namespace wsel::calibrate {

// The ridge, relative to the mean variance of the inputs.
inline constexpr double kRidge = 1e-2;

// A linear layer y = x weight^T + bias, in float64.
struct LinearFit {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]; undefined without one
};

// What a fit needs of inputs [..., in] and targets [..., out]: their number,
// sums and products, in float64.
Sums RidgeSums(const at::Tensor& inputs, const at::Tensor& targets);

// Ridge regression around a given weight:
//   min mean |x W^T + b - y|^2 + lambda |W - around|^2,
// lambda = kRidge times the mean variance of the inputs. Where nothing is to be
// gained, or too few rows determine the solution, it stays `around`; without a
// bias nothing is centred. Errors: kMismatch at `layer` if a sum is not finite.
LinearFit Ridge(const Sums& sums, const at::Tensor& around, bool with_bias,
                const std::string& layer);

// The sums of rows with each channel fitted on its own, and y = x weight +
// bias, channel by channel, around `around` [n]; all as above.
Sums ChannelSums(const at::Tensor& inputs, const at::Tensor& targets);
LinearFit ChannelRidge(const Sums& sums, const at::Tensor& around,
                       bool with_bias, const std::string& layer);

// Warns, once for a student, if a layer's fit has fewer rows than inputs.
class RowCount {
 public:
  void Add(const Sums& sums, int64_t inputs, const std::string& layer);
  // "": every fit has at least as many rows as inputs.
  const std::string& warning() const { return warning_; }

 private:
  std::string warning_;
};

}  // namespace wsel::calibrate
