#pragma once

#include <ATen/core/Tensor.h>

namespace wsel::model {

// x + branch * gamma * scale: what a block does with what its branch gives.
// x and branch [B, ..., D]; gamma, the layer scale, [D]; scale, of drop path,
// [B]. The last two may be undefined, which stands for 1.
at::Tensor AddBranch(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma, const at::Tensor& scale);

}  // namespace wsel::model
