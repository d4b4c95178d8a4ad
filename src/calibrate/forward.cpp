#include "forward.h"

#include <ATen/ATen.h>

#include <cmath>

namespace wsel::calibrate {

at::Tensor LayerNorm(const Weights& weights, const std::string& name,
                     const at::Tensor& x, double eps) {
  const at::Tensor weight = weights[name + ".weight"];
  return at::layer_norm(x, weight.sizes(), weight, weights[name + ".bias"],
                        eps);
}

at::Tensor Linear(const Weights& weights, const std::string& name,
                  const at::Tensor& x) {
  return at::linear(x, weights[name + ".weight"].flatten(1),
                    weights[name + ".bias"]);
}

at::Tensor Attention(const at::Tensor& qkv, int64_t heads) {
  const int64_t images = qkv.size(0);
  const int64_t tokens = qkv.size(1);
  const int64_t dim = qkv.size(2) / (3 * heads);
  // [3, B, heads, N, dim]
  const auto parts =
      qkv.view({images, tokens, 3, heads, dim}).permute({2, 0, 3, 1, 4});
  const double scale = 1 / std::sqrt(static_cast<double>(dim));
  const auto probs =
      at::softmax(at::matmul(parts[0] * scale, parts[1].transpose(-2, -1)), -1);
  return at::matmul(probs, parts[2])
      .transpose(1, 2)
      .reshape({images, tokens, heads * dim});
}

at::Tensor AddScaled(const at::Tensor& x, const at::Tensor& branch,
                     const at::Tensor& gamma) {
  return gamma.defined() ? x + branch * gamma : x + branch;
}

}  // namespace wsel::calibrate
