#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "wsel/model/vit_config.h"
#include "wsel/nn/norm.h"
#include "wsel/nn/rotary.h"

namespace wsel::nn {

// The steps from query, key and value to attention's output that the forms of
// a ViT's block share. They own no parameters.
struct HeadAttention {
  int64_t heads = 1;
  int64_t prefix = 0;      // tokens that are not rotated
  double lambda_init = 0;  // of differential attention
  Norm q_norm = nullptr;
  Norm k_norm = nullptr;
  Norm sub_norm = nullptr;  // differential attention's, in each head
  at::Tensor lambda_q1, lambda_k1, lambda_q2, lambda_k2;  // [head_dim / 2]

  // q, k, v [B, N, D] -> [B, N, D]. `rotation` may be null.
  at::Tensor Attend(const at::Tensor& q, const at::Tensor& k,
                    const at::Tensor& v, const Rotation* rotation);

 private:
  at::Tensor AttendTwice(const at::Tensor& q, const at::Tensor& k,
                         const at::Tensor& v);
};

// Those of block number `block`, without parameters.
HeadAttention MakeHeadAttention(const model::VitConfig& c, int64_t block);

// The same with parameters, found by their names within attention, such as
// "q_norm.weight"; undefined if there is none.
HeadAttention HeadAttentionOf(
    const model::VitConfig& c, int64_t block,
    const std::function<at::Tensor(const std::string& name)>& parameter);

}  // namespace wsel::nn
