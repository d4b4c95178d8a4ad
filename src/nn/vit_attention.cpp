#include "vit_attention.h"

#include <ATen/ATen.h>

#include "wsel/model/diff_attn.h"

namespace wsel::nn {

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
  out.sub_norm = owner.register_module(
      "sub_norm", Norm(c.HeadDim(), model::kSubNormEps, model::Norm::kRmsNorm));
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
