#include "wsel/nn/head_attention.h"

#include <ATen/ATen.h>

#include "wsel/model/diff_attn.h"

namespace wsel::nn {
namespace {

// [B, N, heads * d] -> [B, heads, N, d]
at::Tensor SplitHeads(const at::Tensor& x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads})
      .transpose(1, 2);
}

}  // namespace

HeadAttention MakeHeadAttention(const model::VitConfig& c, int64_t block) {
  HeadAttention out;
  out.heads = c.num_heads;
  out.prefix = c.PrefixTokens();
  out.lambda_init = model::LambdaInit(block);
  return out;
}

HeadAttention HeadAttentionOf(
    const model::VitConfig& c, int64_t block,
    const std::function<at::Tensor(const std::string& name)>& parameter) {
  HeadAttention out = MakeHeadAttention(c, block);
  if (c.qk_norm) {
    out.q_norm = Norm(parameter("q_norm.weight"), parameter("q_norm.bias"),
                      c.norm_eps, c.norm);
    out.k_norm = Norm(parameter("k_norm.weight"), parameter("k_norm.bias"),
                      c.norm_eps, c.norm);
  }
  if (!c.diff_attn) return out;
  out.sub_norm = Norm(parameter("sub_norm.weight"), at::Tensor(),
                      model::kSubNormEps, model::Norm::kRmsNorm);
  out.lambda_q1 = parameter("lambda_q1");
  out.lambda_k1 = parameter("lambda_k1");
  out.lambda_q2 = parameter("lambda_q2");
  out.lambda_k2 = parameter("lambda_k2");
  return out;
}

// q and k have two heads of half the channels for each head of v.
at::Tensor HeadAttention::AttendTwice(const at::Tensor& q, const at::Tensor& k,
                                      const at::Tensor& v) {
  const auto lambda = (at::exp((lambda_q1 * lambda_k1).sum()) -
                       at::exp((lambda_q2 * lambda_k2).sum()) + lambda_init)
                          .to(q.scalar_type());
  const auto attend = [&](int64_t part) {
    const auto half = [&](const at::Tensor& x) {
      return x.unflatten(1, {heads, 2}).select(2, part);
    };
    return at::scaled_dot_product_attention(half(q), half(k), v);
  };
  return sub_norm->forward(attend(0) - lambda * attend(1)) * (1 - lambda_init);
}

at::Tensor HeadAttention::Attend(const at::Tensor& q, const at::Tensor& k,
                                 const at::Tensor& v,
                                 const Rotation* rotation) {
  const bool twice = static_cast<bool>(sub_norm);
  auto queries = SplitHeads(q, twice ? 2 * heads : heads);
  auto keys = SplitHeads(k, twice ? 2 * heads : heads);
  const auto values = SplitHeads(v, heads);
  if (q_norm) {
    queries = q_norm->forward(queries);
    keys = k_norm->forward(keys);
  }
  if (rotation != nullptr) {
    queries = Rotate(queries, *rotation, prefix).to(values.scalar_type());
    keys = Rotate(keys, *rotation, prefix).to(values.scalar_type());
  }
  const auto out =
      twice ? AttendTwice(queries, keys, values)
            : at::scaled_dot_product_attention(queries, keys, values);
  return out.transpose(1, 2).reshape(v.sizes());
}

}  // namespace wsel::nn
