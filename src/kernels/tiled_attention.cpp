#include "tiled_attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "branch_gradient.h"
#include "gemm.h"

namespace wsel::kernels {
namespace {

// What the passes compute with, of all images or of a tile.
struct Attention {
  at::Tensor x;            // [B, N, D]
  at::Tensor scale;        // [B] or undefined
  at::Tensor qkv;          // [B, N, 3D]
  at::Tensor attn_probs;   // [B, heads, N, N]
  at::Tensor attn_output;  // [B, N, D]
  WeightAndBias norm, to_qkv, proj;
  WeightAndBias scaled_proj;  // times gamma
  double eps = 0;
  int64_t heads = 1;

  Attention(const AttentionArguments& from, const AttentionActivations& a)
      : x(from.x),
        scale(from.scale),
        qkv(a.qkv),
        attn_probs(a.probs),
        attn_output(a.output),
        norm{from.branch.norm_weight, from.branch.norm_bias},
        to_qkv{from.branch.qkv_weight, from.branch.qkv_bias},
        proj{from.branch.proj_weight, from.branch.proj_bias},
        scaled_proj(TimesGamma(proj, from.branch.gamma)),
        eps(from.branch.eps),
        heads(from.branch.heads) {}

  int64_t tokens() const { return x.size(1); }
  int64_t width() const { return x.size(2); }
  double softmax_scale() const {
    const int64_t d = width() / heads;
    return 1 / std::sqrt(static_cast<double>(d));
  }
  // Images processed together: few tokens alone would make thin matrices.
  int64_t tile() const { return std::max<int64_t>(1, 256 / tokens()); }

  // The part of a few images.
  Attention Tile(int64_t first, int64_t count) const {
    Attention c = *this;
    for (at::Tensor* t :
         {&c.x, &c.scale, &c.qkv, &c.attn_probs, &c.attn_output}) {
      if (t->defined()) *t = t->narrow(0, first, count);
    }
    return c;
  }
};

// The [N, d] matrix of one head in [.., N, parts * D]; parts 0-2: q, k, v.
Matrix Head(const Attention& c, const at::Tensor& of, int64_t image,
            int64_t head, int64_t part = 0) {
  const int64_t n = c.tokens();
  const int64_t row = of.size(-1);
  const int64_t d = c.width() / c.heads;
  return {of.data_ptr<float>() + image * n * row + part * c.width() + head * d,
          n, d, row};
}

// The [N, N] matrix of one head in [.., heads, N, N].
Matrix Scores(const Attention& c, const at::Tensor& of, int64_t image,
              int64_t head) {
  const int64_t n = c.tokens();
  return {of.data_ptr<float>() + (image * c.heads + head) * n * n, n, n, n};
}

// Calls body(image, head) for every head of `images` images.
template <typename Body>
void ForHeads(const Attention& c, int64_t images, const Body& body) {
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t head = 0; head < c.heads; ++head) body(image, head);
  }
}

// [B] -> [B, 1, 1]
at::Tensor PerImage(const at::Tensor& scale) { return scale.view({-1, 1, 1}); }

void ForwardTile(Attention c, const at::Tensor& out) {
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

// The gradient of qkv [B, N, 3D] from that of attn_output, [B * N, D].
at::Tensor AttentionGradient(const Attention& c, const at::Tensor& gradient) {
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
void BackwardTile(const Attention& c, const at::Tensor& gradient,
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

}  // namespace

at::Tensor AttentionForward(const AttentionArguments& arguments,
                            AttentionActivations& activations) {
  const at::Tensor& x = arguments.x;
  const int64_t b = x.size(0);
  const int64_t n = x.size(1);
  const int64_t d = x.size(2);
  activations.qkv = at::empty({b, n, 3 * d}, x.options());
  activations.probs = at::empty({b, arguments.branch.heads, n, n}, x.options());
  activations.output = at::empty_like(x);
  const Attention all(arguments, activations);
  auto out = at::empty_like(x);
  ForRowTiles(b, all.tile(), [&](int64_t, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    ForwardTile(all.Tile(first, count), out.narrow(0, first, count));
  });
  return out;
}

AttentionArguments AttentionBackward(const AttentionArguments& arguments,
                                     const AttentionActivations& activations,
                                     const at::Tensor& gradient) {
  const Attention all(arguments, activations);
  const AttentionBranch& p = arguments.branch;
  AttentionArguments result;
  result.x = at::empty_like(all.x);
  BranchGradients grads = SumOverTiles(
      all.x.size(0), all.tile(),
      [&] { return BranchGradients(all.norm, all.to_qkv, all.proj); },
      [&](int64_t first, int64_t count, BranchGradients& part) {
        BackwardTile(all.Tile(first, count), gradient.narrow(0, first, count),
                     part, result.x.narrow(0, first, count));
      });
  result.branch.gamma = GammaGradient(all.proj, p.gamma, grads.outer);
  result.branch.norm_weight = grads.norm.weight;
  result.branch.norm_bias = grads.norm.bias;
  result.branch.qkv_weight = grads.inner.weight;
  result.branch.qkv_bias = grads.inner.bias;
  result.branch.proj_weight = grads.outer.weight;
  result.branch.proj_bias = grads.outer.bias;
  return result;
}

}  // namespace wsel::kernels
