#pragma once

#include <ATen/ATen.h>

#include <string>

#include "model/hashed_tensors.h"

namespace wsel {

// As in scripts/golden/train.py: `probes` (at most 16) products of the tensor
// with hashed vectors. The gradient of a key's bias is only rounding.
inline at::Tensor GradientDigest(const std::string& name,
                                 const at::Tensor& tensor, int64_t probes) {
  at::Tensor values = tensor.detach().to(at::kCPU, at::kDouble).clone();
  if (name.ends_with("attn.qkv.bias")) values.view({3, -1})[1].zero_();
  const auto vectors =
      model::HashedNormalTensor("probe." + name, {16, values.numel()});
  return vectors.slice(0, 0, probes).to(at::kDouble).mv(values.flatten());
}

}  // namespace wsel
