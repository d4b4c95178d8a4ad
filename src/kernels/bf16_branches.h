#pragma once

#include "branch_function.h"

namespace wsel::kernels {

// The branches of residual.h in bf16, where CanUseBf16 (bf16_branch.h).
at::Tensor AddBf16Mlp(const BranchArguments& arguments);
at::Tensor AddBf16Attention(const BranchArguments& arguments);

}  // namespace wsel::kernels
