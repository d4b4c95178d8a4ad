#include "wsel/model/attention_branch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "branch_gradient.h"
#include "fused.h"
#include "wsel/model/residual.h"

namespace wsel::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The kept matrices grow with the square of the tokens: beyond this many,
// LibTorch's attention, which computes them anew, is the better one.
constexpr int64_t kMaxTokens = 512;

// The arguments of both passes, and what the first keeps for the second.
struct Kept {
  at::Tensor x;          // [B, N, D]
  at::Tensor scale;      // [B] or undefined
  at::Tensor qkv;        // [B, N, 3D]
  at::Tensor attention;  // [B, heads, N, N], after the softmax
  at::Tensor mixed;      // [B, N, D], before proj
  Affine norm, to_qkv, proj;
  Affine scaled_proj;  // times gamma
  double eps = 0;
  int64_t heads = 1;

  double temperature() const {
    return 1 / std::sqrt(static_cast<double>(x.size(2) / heads));
  }
};

Kept MakeKept(const at::Tensor& x, const at::Tensor& scale,
              const AttentionBranch& p) {
  Kept k;
  k.x = x;
  k.scale = scale;
  k.norm = {p.norm_weight, p.norm_bias};
  k.to_qkv = {p.qkv_weight, p.qkv_bias};
  k.proj = {p.proj_weight, p.proj_bias};
  k.scaled_proj = TimesGamma(k.proj, p.gamma);
  k.eps = p.eps;
  k.heads = p.heads;
  return k;
}

// The bias may be undefined.
at::Tensor& LinearOut(at::Tensor& out, const at::Tensor& x, const Affine& map) {
  return map.bias.defined() ? at::addmm_out(out, map.bias, x, map.weight.t())
                            : at::mm_out(out, x, map.weight.t());
}

// [N, parts * D] of one image -> `parts` views [heads, N, d]
std::vector<at::Tensor> Heads(const at::Tensor& rows, int64_t parts,
                              int64_t heads) {
  return rows.view({rows.size(0), parts, heads, -1})
      .permute({1, 2, 0, 3})
      .unbind(0);
}

void ForwardImage(const Kept& k, int64_t image, at::Tensor out) {
  const auto x = k.x[image];
  auto qkv = k.qkv[image];
  LinearOut(qkv, std::get<0>(Normalise(k.norm, k.eps, x)), k.to_qkv);
  const auto parts = Heads(qkv, 3, k.heads);
  auto attention = k.attention[image];
  at::baddbmm_out(attention, attention, parts[0], parts[1].transpose(1, 2),
                  /*beta=*/0, /*alpha=*/k.temperature());
  at::_softmax_out(attention, attention, -1, /*half_to_float=*/false);
  auto mixed = k.mixed[image];
  Heads(mixed, 1, k.heads)[0].copy_(at::bmm(attention, parts[2]));
  LinearOut(out, mixed, k.scaled_proj);
  if (k.scale.defined()) out.mul_(k.scale[image]);
  out.add_(x);
}

at::Tensor Forward(Kept& k) {
  const int64_t b = k.x.size(0);
  const int64_t n = k.x.size(1);
  const int64_t d = k.x.size(2);
  k.qkv = at::empty({b, n, 3 * d}, k.x.options());
  k.attention = at::empty({b, k.heads, n, n}, k.x.options());
  k.mixed = at::empty_like(k.x);
  auto out = at::empty_like(k.x);
  ForRowTiles(b, 1, [&](int64_t, int64_t image, int64_t) {
    const at::AutoDispatchBelowAutograd guard;
    ForwardImage(k, image, out[image]);
  });
  return out;
}

// The gradient of qkv [N, 3D] from that of `mixed` [N, D].
at::Tensor AttentionGradient(const Kept& k, int64_t image,
                             const at::Tensor& gradient) {
  const auto qkv = k.qkv[image];
  const auto parts = Heads(qkv, 3, k.heads);
  const auto attention = k.attention[image];
  const auto g = Heads(gradient, 1, k.heads)[0];
  const auto result = at::empty_like(qkv);
  const auto to = Heads(result, 3, k.heads);
  to[2].copy_(at::bmm(attention.transpose(1, 2), g));
  auto ds = at::bmm(g, parts[2].transpose(1, 2));  // [heads, N, N]
  ds = at::_softmax_backward_data(ds, attention, -1, at::kFloat);
  ds.mul_(k.temperature());
  to[0].copy_(at::bmm(ds, parts[1]));
  to[1].copy_(at::bmm(ds.transpose(1, 2), parts[0]));
  return result;
}

// Writes the gradient of x, adds to the sums.
void BackwardImage(const Kept& k, const at::Tensor& gradient, int64_t image,
                   BranchSums& sums, at::Tensor dx) {
  const auto x = k.x[image];
  auto g = gradient[image];
  if (k.scale.defined()) g = g * k.scale[image];
  AddLinearGradient(sums.outer, g, k.mixed[image]);
  const auto dqkv =
      AttentionGradient(k, image, at::mm(g, k.scaled_proj.weight));
  const auto [normed, mean, rstd] = Normalise(k.norm, k.eps, x);
  AddLinearGradient(sums.inner, dqkv, normed);
  const auto branch = NormGradient(
      sums.norm, k.norm, at::mm(dqkv, k.to_qkv.weight), x, mean, rstd);
  at::add_out(dx, gradient[image], branch);
}

struct ImageAttention : torch::autograd::Function<ImageAttention> {
  static at::Tensor forward(
      AutogradContext* context, const at::Tensor& x,
      const at::Tensor& norm_weight, const at::Tensor& norm_bias,
      const at::Tensor& qkv_weight, const std::optional<at::Tensor>& qkv_bias,
      const at::Tensor& proj_weight, const at::Tensor& proj_bias,
      const std::optional<at::Tensor>& layer_scale,
      const std::optional<at::Tensor>& drop_path, int64_t heads, double eps) {
    const auto scale = drop_path.value_or(at::Tensor());
    const AttentionBranch p = {
        norm_weight, norm_bias,  eps,
        heads,       qkv_weight, qkv_bias.value_or(at::Tensor()),
        proj_weight, proj_bias,  layer_scale.value_or(at::Tensor())};
    Kept k = MakeKept(x, scale, p);
    const auto out = Forward(k);
    context->save_for_backward({x, norm_weight, norm_bias, qkv_weight,
                                p.qkv_bias, proj_weight, proj_bias, p.gamma,
                                scale, k.qkv, k.attention, k.mixed});
    context->saved_data["heads"] = heads;
    context->saved_data["eps"] = eps;
    return out;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    const auto s = context->get_saved_variables();
    const AttentionBranch p = {s[1],
                               s[2],
                               context->saved_data["eps"].toDouble(),
                               context->saved_data["heads"].toInt(),
                               s[3],
                               s[4],
                               s[5],
                               s[6],
                               s[7]};
    Kept k = MakeKept(s[0], s[8], p);
    k.qkv = s[9];
    k.attention = s[10];
    k.mixed = s[11];
    auto dx = at::empty_like(k.x);
    const auto gradient = gradients[0].contiguous();
    BranchSums sums = SumOverTiles(
        k.x.size(0), /*tile=*/1,
        [&] { return BranchSums(k.norm, k.to_qkv, k.proj); },
        [&](int64_t image, int64_t, BranchSums& part) {
          BackwardImage(k, gradient, image, part, dx[image]);
        });
    const auto dgamma = GammaGradient(k.proj, p.gamma, sums.outer);
    return {dx,
            sums.norm.weight,
            sums.norm.bias,
            sums.inner.weight,
            p.qkv_bias.defined() ? sums.inner.bias : at::Tensor(),
            sums.outer.weight,
            sums.outer.bias,
            dgamma,
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

at::Tensor Plain(const at::Tensor& x, const AttentionBranch& p) {
  const int64_t b = x.size(0);
  const int64_t n = x.size(1);
  const int64_t d = x.size(2);
  const auto normed = at::layer_norm(x, {d}, p.norm_weight, p.norm_bias, p.eps);
  const auto parts = at::linear(normed, p.qkv_weight, p.qkv_bias)
                         .view({b, n, 3, p.heads, d / p.heads})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0);  // q, k, v [B, heads, N, d]
  const auto y = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  return at::linear(y.transpose(1, 2).reshape({b, n, d}), p.proj_weight,
                    p.proj_bias);
}

// With fewer images than threads some would idle.
bool KeepsThreadsBusy(int64_t images) {
  return images >= at::get_num_threads();
}

}  // namespace

at::Tensor AddAttentionBranch(const at::Tensor& x, const AttentionBranch& p,
                              const at::Tensor& scale) {
  if (x.size(1) > kMaxTokens || !KeepsThreadsBusy(x.size(0)) ||
      !FusedApplies({x, p.norm_weight, p.norm_bias, p.qkv_weight, p.qkv_bias,
                     p.proj_weight, p.proj_bias, p.gamma, scale})) {
    return AddBranch(x, Plain(x, p), p.gamma, scale);
  }
  return ImageAttention::apply(x.contiguous(), p.norm_weight, p.norm_bias,
                               p.qkv_weight, IfDefined(p.qkv_bias),
                               p.proj_weight, p.proj_bias, IfDefined(p.gamma),
                               IfDefined(scale), p.heads, p.eps);
}

}  // namespace wsel::model
