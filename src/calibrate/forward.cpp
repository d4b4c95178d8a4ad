#include "forward.h"

#include <ATen/ATen.h>

namespace wsel::calibrate {

at::Tensor Linear(const Weights& weights, const std::string& name,
                  const at::Tensor& x) {
  return at::linear(x, weights[name + ".weight"].flatten(1),
                    weights[name + ".bias"]);
}

at::Tensor AddScaled(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma) {
  return gamma.defined() ? x + branch * gamma : x + branch;
}

}  // namespace wsel::calibrate
