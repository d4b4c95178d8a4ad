#pragma once

#include <ATen/ATen.h>

#include <array>

namespace wsel::train {

// One value per colour channel, float32 [1, 3, 1, 1], which broadcasts over
// images.
inline at::Tensor PerChannel(const std::array<double, 3>& values,
                             const c10::Device& device) {
  return at::tensor(at::ArrayRef<double>(values), at::kFloat)
      .view({1, 3, 1, 1})
      .to(device);
}

}  // namespace wsel::train
