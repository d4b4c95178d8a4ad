#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::kernels {

// Adds a block's residual branch to its input: x + branch * gamma * scale.
// x and branch are [B, ..., D]; gamma, the layer scale, is [D]; scale, the drop
// path factor, is [B]. An undefined gamma or scale counts as 1.
at::Tensor AddBranch(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma, const at::Tensor& scale);

}  // namespace wsel::kernels
