#include "wsel/kernels/residual.h"

#include <ATen/ATen.h>

namespace wsel::kernels {

at::Tensor AddBranch(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma, const at::Tensor& scale) {
  at::Tensor y = branch;
  if (gamma.defined()) y = y * gamma;
  if (scale.defined()) {
    std::vector<int64_t> per_sample(static_cast<size_t>(x.dim()), 1);
    per_sample[0] = x.size(0);
    y = y * scale.view(per_sample);
  }
  return x + y;
}

}  // namespace wsel::kernels
