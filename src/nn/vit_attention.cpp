#include "vit_attention.h"

#include <ATen/ATen.h>

#include <cmath>

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
  // The Differential Transformer's schedule (Ye et al. 2024).
  out.lambda_init = 0.8 - 0.6 * std::exp(-0.3 * static_cast<double>(block));
  return out;
}

void RegisterLambdas(const model::VitConfig& c, torch::nn::Module& owner,
                     HeadAttention& out) {
  if (!c.diff_attn) return;
  const auto lambda = [&](const char* name) {
    return owner.register_parameter(name, at::empty({c.HeadDim() / 2}));
  };
  out.lambda_q1 = lambda("lambda_q1");
  out.lambda_k1 = lambda("lambda_k1");
  out.lambda_q2 = lambda("lambda_q2");
  out.lambda_k2 = lambda("lambda_k2");
}

void RegisterHeadNorms(const model::VitConfig& c, torch::nn::Module& owner,
                       HeadAttention& out) {
  if (!c.qk_norm) return;
  const int64_t width = c.diff_attn ? c.HeadDim() / 2 : c.HeadDim();
  out.q_norm = owner.register_module("q_norm", Norm(width, c.norm_eps, c.norm));
  out.k_norm = owner.register_module("k_norm", Norm(width, c.norm_eps, c.norm));
}

void RegisterSubNorm(const model::VitConfig& c, torch::nn::Module& owner,
                     HeadAttention& out) {
  if (!c.diff_attn) return;
  constexpr double kEps = 1e-5;  // timm's, whatever the other norms have
  out.sub_norm = owner.register_module(
      "sub_norm", Norm(c.HeadDim(), kEps, model::Norm::kRmsNorm));
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

AttentionImpl::AttentionImpl(const model::VitConfig& c, int64_t block)
    : attention_(MakeHeadAttention(c, block)) {
  const int64_t d = c.embed_dim;
  if (c.qkv == model::Qkv::kQvBias) {
    q_bias = register_parameter("q_bias", at::empty({d}));
    v_bias = register_parameter("v_bias", at::empty({d}));
  }
  RegisterLambdas(c, *this, attention_);
  if (c.qkv == model::Qkv::kSeparate) {
    q_proj = register_module("q_proj", Linear(d, d, c.qkv_bias));
    k_proj = register_module("k_proj", Linear(d, d, false));
    v_proj = register_module("v_proj", Linear(d, d, c.qkv_bias));
  } else {
    const bool bias = c.qkv_bias && c.qkv == model::Qkv::kFused;
    qkv = register_module("qkv", Linear(d, 3 * d, bias));
  }
  RegisterHeadNorms(c, *this, attention_);
  if (c.scale_attn_norm) {
    norm = register_module("norm", Norm(d, c.norm_eps, c.norm));
  }
  proj = register_module("proj", Linear(d, d, c.proj_bias));
  RegisterSubNorm(c, *this, attention_);
}

at::Tensor AttentionImpl::forward(const at::Tensor& x,
                                  const Rotation* rotation) {
  at::Tensor q;
  at::Tensor k;
  at::Tensor v;
  if (qkv) {
    const auto bias = q_bias.defined()
                          ? at::cat({q_bias, at::zeros_like(q_bias), v_bias})
                          : qkv->bias;
    const auto parts = at::linear(x, qkv->weight, bias).chunk(3, -1);
    q = parts[0];
    k = parts[1];
    v = parts[2];
  } else {
    q = q_proj->forward(x);
    k = k_proj->forward(x);
    v = v_proj->forward(x);
  }
  auto out = attention_.Attend(q, k, v, rotation);
  if (norm) out = norm->forward(out);
  return proj->forward(out);
}

}  // namespace wsel::nn
