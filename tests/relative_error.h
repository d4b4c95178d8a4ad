#pragma once

#include <ATen/ATen.h>

namespace wsel {

// The norm of the difference over that of `expected`, or the difference's where
// `expected` is zero.
inline double RelativeError(const at::Tensor& found,
                            const at::Tensor& expected) {
  const double norm = expected.norm().item<double>();
  return (found - expected).norm().item<double>() / (norm > 0 ? norm : 1);
}

}  // namespace wsel
