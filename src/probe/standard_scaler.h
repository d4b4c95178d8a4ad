#pragma once

#include <ATen/ATen.h>

#include <limits>

namespace wsel::probe {

// As scikit-learn's StandardScaler: to mean 0 and standard deviation 1 over the
// training features [N, D]; constant features become 0.
class StandardScaler {
 public:
  explicit StandardScaler(const at::Tensor& train)
      : mean_(train.mean(0, /*keepdim=*/true)) {
    const auto std = train.std(0, /*unbiased=*/false, /*keepdim=*/true);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    scale_ = at::where(std > 1e-6, std, at::full_like(std, kInfinity));
  }

  at::Tensor operator()(const at::Tensor& features) const {
    return (features - mean_) / scale_;
  }

 private:
  at::Tensor mean_;
  at::Tensor scale_;
};

}  // namespace wsel::probe
