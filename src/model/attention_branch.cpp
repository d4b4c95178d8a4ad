#include "attention_branch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "branch_gradient.h"
#include "fused.h"
#include "gemm.h"
#include "residual.h"

namespace wsel::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The saved attention matrices grow with the square of the number of tokens:
// above this many, LibTorch's attention, which recomputes them, is better.
constexpr int64_t kMaxTokens = 512;

// The arguments of both passes, and what the forward pass saves for backward.
struct AttentionContext {
  at::Tensor x;            // [B, N, D]
  at::Tensor scale;        // [B] or undefined
  at::Tensor qkv;          // [B, N, 3D]
  at::Tensor attn_probs;   // [B, heads, N, N], after the softmax
  at::Tensor attn_output;  // [B, N, D], before proj
  WeightAndBias norm, to_qkv, proj;
  WeightAndBias scaled_proj;  // times gamma
  double eps = 0;
  int64_t heads = 1;

  int64_t tokens() const { return x.size(1); }
  int64_t width() const { return x.size(2); }
  double softmax_scale() const {
    const int64_t d = width() / heads;
    return 1 / std::sqrt(static_cast<double>(d));
  }
  // Images processed together: few tokens alone would make thin matrices.
  int64_t tile() const { return std::max<int64_t>(1, 256 / tokens()); }
};

AttentionContext MakeContext(const at::Tensor& x, const at::Tensor& scale,
                             const AttentionBranch& p) {
  AttentionContext c;
  c.x = x;
  c.scale = scale;
  c.norm = {p.norm_weight, p.norm_bias};
  c.to_qkv = {p.qkv_weight, p.qkv_bias};
  c.proj = {p.proj_weight, p.proj_bias};
  c.scaled_proj = TimesGamma(c.proj, p.gamma);
  c.eps = p.eps;
  c.heads = p.heads;
  return c;
}

// The [N, d] matrix of one head in [.., N, parts * D]; parts 0-2: q, k, v.
Matrix Head(const AttentionContext& c, const at::Tensor& of, int64_t image,
            int64_t head, int64_t part = 0) {
  const int64_t n = c.tokens();
  const int64_t row = of.size(-1);
  const int64_t d = c.width() / c.heads;
  return {of.data_ptr<float>() + image * n * row + part * c.width() + head * d,
          n, d, row};
}

// The [N, N] matrix of one head in [.., heads, N, N].
Matrix Scores(const AttentionContext& c, const at::Tensor& of, int64_t image,
              int64_t head) {
  const int64_t n = c.tokens();
  return {of.data_ptr<float>() + (image * c.heads + head) * n * n, n, n, n};
}

// Calls body(image, head) for every head of `images` images.
template <typename Body>
void ForHeads(const AttentionContext& c, int64_t images, const Body& body) {
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t head = 0; head < c.heads; ++head) body(image, head);
  }
}

// [B] -> [B, 1, 1]
at::Tensor PerImage(const at::Tensor& scale) { return scale.view({-1, 1, 1}); }

// The context of a few images.
AttentionContext Tile(const AttentionContext& all, int64_t first,
                      int64_t count) {
  AttentionContext c = all;
  for (at::Tensor* t :
       {&c.x, &c.scale, &c.qkv, &c.attn_probs, &c.attn_output}) {
    if (t->defined()) *t = t->narrow(0, first, count);
  }
  return c;
}

void ForwardTile(AttentionContext c, const at::Tensor& out) {
  const int64_t images = c.x.size(0);
  LinearInto(RowsOf(c.qkv), std::get<0>(Normalise(c.norm, c.eps, RowsOf(c.x))),
             c.to_qkv.weight, c.to_qkv.bias);
  ForHeads(c, images, [&](int64_t i, int64_t h) {
    Gemm(Scores(c, c.attn_probs, i, h), Head(c, c.qkv, i, h),
         Head(c, c.qkv, i, h, 1).Transposed(), 0, c.softmax_scale());
  });
  at::_softmax_out(c.attn_probs, c.attn_probs, -1, /*half_to_float=*/false);
  ForHeads(c, images, [&](int64_t i, int64_t h) {
    Gemm(Head(c, c.attn_output, i, h), Scores(c, c.attn_probs, i, h),
         Head(c, c.qkv, i, h, 2), 0);
  });
  LinearInto(RowsOf(out), RowsOf(c.attn_output), c.scaled_proj.weight,
             c.scaled_proj.bias);
  if (c.scale.defined()) out.mul_(PerImage(c.scale));
  out.add_(c.x);
}

at::Tensor Forward(AttentionContext& c) {
  const int64_t b = c.x.size(0);
  const int64_t n = c.x.size(1);
  const int64_t d = c.x.size(2);
  c.qkv = at::empty({b, n, 3 * d}, c.x.options());
  c.attn_probs = at::empty({b, c.heads, n, n}, c.x.options());
  c.attn_output = at::empty_like(c.x);
  auto out = at::empty_like(c.x);
  ForRowTiles(b, c.tile(), [&](int64_t, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    ForwardTile(Tile(c, first, count), out.narrow(0, first, count));
  });
  return out;
}

// The gradient of qkv [B, N, 3D] from that of attn_output, [B * N, D].
at::Tensor AttentionGradient(const AttentionContext& c,
                             const at::Tensor& gradient) {
  const int64_t images = c.x.size(0);
  auto ds = at::empty_like(c.attn_probs);
  ForHeads(c, images, [&](int64_t i, int64_t h) {
    Gemm(Scores(c, ds, i, h), Head(c, gradient, i, h),
         Head(c, c.qkv, i, h, 2).Transposed(), 0);
  });
  at::_softmax_backward_data_out(ds, ds, c.attn_probs, -1, at::kFloat);
  auto result = at::empty_like(c.qkv);
  ForHeads(c, images, [&](int64_t i, int64_t h) {
    const Matrix scores = Scores(c, ds, i, h);
    Gemm(Head(c, result, i, h, 0), scores, Head(c, c.qkv, i, h, 1), 0,
         c.softmax_scale());
    Gemm(Head(c, result, i, h, 1), scores.Transposed(), Head(c, c.qkv, i, h, 0),
         0, c.softmax_scale());
    Gemm(Head(c, result, i, h, 2), Scores(c, c.attn_probs, i, h).Transposed(),
         Head(c, gradient, i, h), 0);
  });
  return result;
}

// Writes the gradient of x and accumulates those of the parameters.
void BackwardTile(const AttentionContext& c, const at::Tensor& gradient,
                  BranchGradients& grads, at::Tensor dx) {
  const auto rows =
      RowsOf(c.scale.defined() ? gradient * PerImage(c.scale) : gradient);
  AddLinearGradient(grads.outer, rows, RowsOf(c.attn_output));
  const auto dqkv =
      RowsOf(AttentionGradient(c, Matmul(rows, c.scaled_proj.weight)));
  const auto x = RowsOf(c.x);
  const auto [normed, mean, rstd] = Normalise(c.norm, c.eps, x);
  AddLinearGradient(grads.inner, dqkv, normed);
  const auto dn = Matmul(dqkv, c.to_qkv.weight);
  at::add_out(dx, gradient,
              NormGradient(grads.norm, c.norm, dn, x, mean, rstd).view_as(dx));
}

struct TiledAttention : torch::autograd::Function<TiledAttention> {
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
    AttentionContext c = MakeContext(x, scale, p);
    const auto out = Forward(c);
    context->save_for_backward({x, norm_weight, norm_bias, qkv_weight,
                                p.qkv_bias, proj_weight, proj_bias, p.gamma,
                                scale, c.qkv, c.attn_probs, c.attn_output});
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
    AttentionContext c = MakeContext(s[0], s[8], p);
    c.qkv = s[9];
    c.attn_probs = s[10];
    c.attn_output = s[11];
    auto dx = at::empty_like(c.x);
    const auto gradient = gradients[0].contiguous();
    BranchGradients grads = SumOverTiles(
        c.x.size(0), c.tile(),
        [&] { return BranchGradients(c.norm, c.to_qkv, c.proj); },
        [&](int64_t first, int64_t count, BranchGradients& part) {
          BackwardTile(Tile(c, first, count), gradient.narrow(0, first, count),
                       part, dx.narrow(0, first, count));
        });
    const auto dgamma = GammaGradient(c.proj, p.gamma, grads.outer);
    return {dx,
            grads.norm.weight,
            grads.norm.bias,
            grads.inner.weight,
            p.qkv_bias.defined() ? grads.inner.bias : at::Tensor(),
            grads.outer.weight,
            grads.outer.bias,
            dgamma,
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

at::Tensor ReferenceAttention(const at::Tensor& x, const AttentionBranch& p) {
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

// With fewer images than threads some threads would be idle.
bool KeepsThreadsBusy(int64_t images) {
  return images >= at::get_num_threads();
}

}  // namespace

at::Tensor AddAttentionBranch(const at::Tensor& x, const AttentionBranch& p,
                              const at::Tensor& scale) {
  if (x.size(1) > kMaxTokens || !KeepsThreadsBusy(x.size(0)) ||
      !CanUseFused({x, p.norm_weight, p.norm_bias, p.qkv_weight, p.qkv_bias,
                    p.proj_weight, p.proj_bias, p.gamma, scale})) {
    return AddBranch(x, ReferenceAttention(x, p), p.gamma, scale);
  }
  return TiledAttention::apply(x.contiguous(), p.norm_weight, p.norm_bias,
                               p.qkv_weight, IfDefined(p.qkv_bias),
                               p.proj_weight, p.proj_bias, IfDefined(p.gamma),
                               IfDefined(scale), p.heads, p.eps);
}

}  // namespace wsel::model
