#include <ATen/ATen.h>

#include <cmath>

#include "bf16_branch.h"
#include "bf16_branches.h"
#include "branch_function.h"
#include "branch_gradient.h"
#include "fused.h"
#include "gemm.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {
namespace {

// The saved attention matrices grow with the square of the number of tokens:
// above this many, LibTorch's attention, which recomputes them, is better.
constexpr int64_t kMaxTokens = 512;

// What both passes compute with, of all images or of a tile.
struct Attention {
  at::Tensor x;            // [B, N, D]
  at::Tensor scale;        // [B] or undefined
  at::Tensor qkv;          // [B, N, 3D]
  at::Tensor attn_probs;   // [B, heads, N, N], after the softmax
  at::Tensor attn_output;  // [B, N, D], before proj
  ResidualBranch branch;
  WeightAndBias scaled_proj;  // times gamma
  int64_t heads = 1;

  // `saved`: qkv, attn_probs and attn_output.
  Attention(const BranchArguments& from, const std::vector<at::Tensor>& saved)
      : x(from.x),
        scale(from.scale),
        qkv(saved[0]),
        attn_probs(saved[1]),
        attn_output(saved[2]),
        branch(from.branch),
        scaled_proj(OuterTimesGamma(branch)),
        heads(from.heads) {}

  int64_t images() const { return x.size(0); }
  int64_t tokens() const { return x.size(1); }
  int64_t width() const { return x.size(2); }
  double softmax_scale() const {
    const int64_t d = width() / heads;
    return 1 / std::sqrt(static_cast<double>(d));
  }
  // Images processed together: few tokens would make thin matrices.
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

// Calls body(image, head) for every head of every image.
template <typename Body>
void ForHeads(const Attention& c, const Body& body) {
  for (int64_t image = 0; image < c.images(); ++image) {
    for (int64_t head = 0; head < c.heads; ++head) body(image, head);
  }
}

// Writes c.qkv.
void QkvTile(const Attention& c) {
  LinearInto(RowsOf(c.qkv), std::get<0>(Normalise(c.branch, RowsOf(c.x))),
             c.branch.inner.weight, c.branch.inner.bias);
}

// Writes c.attn_probs and c.attn_output.
void AttendTile(Attention c) {
  ForHeads(c, [&](int64_t i, int64_t h) {
    Gemm(Scores(c, c.attn_probs, i, h), Head(c, c.qkv, i, h),
         Head(c, c.qkv, i, h, 1).Transposed(), 0, c.softmax_scale());
  });
  at::_softmax_out(c.attn_probs, c.attn_probs, -1, /*half_to_float=*/false);
  ForHeads(c, [&](int64_t i, int64_t h) {
    Gemm(Head(c, c.attn_output, i, h), Scores(c, c.attn_probs, i, h),
         Head(c, c.qkv, i, h, 2), 0);
  });
}

// Writes only c.attn_output, with the attention matrices of as many heads at a
// time as `probs` [heads, N, N] holds.
void AttendByGroups(const Attention& c, const at::Tensor& probs) {
  const int64_t group = probs.size(0);
  for (int64_t i = 0; i < c.images(); ++i) {
    for (int64_t first = 0; first < c.heads; first += group) {
      at::Tensor some = probs.narrow(0, 0, std::min(group, c.heads - first));
      for (int64_t k = 0; k < some.size(0); ++k) {
        Gemm(Scores(c, some, 0, k), Head(c, c.qkv, i, first + k),
             Head(c, c.qkv, i, first + k, 1).Transposed(), 0,
             c.softmax_scale());
      }
      at::_softmax_out(some, some, -1, /*half_to_float=*/false);
      for (int64_t k = 0; k < some.size(0); ++k) {
        Gemm(Head(c, c.attn_output, i, first + k), Scores(c, some, 0, k),
             Head(c, c.qkv, i, first + k, 2), 0);
      }
    }
  }
}

// Writes the result from c.attn_output.
void ProjTile(const Attention& c, const at::Tensor& out) {
  LinearInto(RowsOf(out), RowsOf(c.attn_output), c.scaled_proj.weight,
             c.scaled_proj.bias);
  if (c.scale.defined()) out.mul_(c.scale.view({-1, 1, 1}));
  out.add_(c.x);
}

// The gradient of qkv [B, N, 3D] from that of attn_output, [B * N, D].
at::Tensor AttentionGradient(const Attention& c, const at::Tensor& gradient) {
  auto ds = at::empty_like(c.attn_probs);
  ForHeads(c, [&](int64_t i, int64_t h) {
    Gemm(Scores(c, ds, i, h), Head(c, gradient, i, h),
         Head(c, c.qkv, i, h, 2).Transposed(), 0);
  });
  at::_softmax_backward_data_out(ds, ds, c.attn_probs, -1, at::kFloat);
  auto result = at::empty_like(c.qkv);
  ForHeads(c, [&](int64_t i, int64_t h) {
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
                  ResidualBranch& grads, at::Tensor dx) {
  const auto rows = RowsOf(
      c.scale.defined() ? gradient * c.scale.view({-1, 1, 1}) : gradient);
  AddLinearGradient(grads.outer, rows, RowsOf(c.attn_output));
  const auto dqkv =
      RowsOf(AttentionGradient(c, Matmul(rows, c.scaled_proj.weight)));
  const auto x = RowsOf(c.x);
  const auto [normed, mean, rstd] = Normalise(c.branch, x);
  AddLinearGradient(grads.inner, dqkv, normed);
  const auto dn = Matmul(dqkv, c.branch.inner.weight);
  at::add_out(
      dx, gradient,
      NormGradient(grads.norm, c.branch.norm, dn, x, mean, rstd).view_as(dx));
}

// What one tile of each part needs, where nothing is saved.
struct Scratch {
  explicit Scratch(const Attention& all) {
    // Matrices of a group of heads fit the L2 cache beside q, k and v.
    constexpr int64_t kProbs = 65'536;  // 256 KiB
    const int64_t n = all.tokens();
    const int64_t d = all.width();
    const int64_t parts = NumParts(all.images());
    const int64_t tile = std::min(all.tile(), all.images());
    const int64_t group = std::clamp<int64_t>(kProbs / (n * n), 1, all.heads);
    qkv = at::empty({parts, tile, n, 3 * d}, all.x.options());
    attn_probs = at::empty({parts, group, n, n}, all.x.options());
    attn_output = at::empty({parts, tile, n, d}, all.x.options());
  }
  at::Tensor qkv;          // [parts, images, N, 3D]
  at::Tensor attn_probs;   // [parts, heads, N, N]
  at::Tensor attn_output;  // [parts, images, N, D]
};

// In tiles of a few images, each processed by one thread.
struct TiledAttention {
  static at::Tensor Forward(const BranchArguments& arguments,
                            std::vector<at::Tensor>& saved) {
    const at::Tensor& x = arguments.x;
    const int64_t b = x.size(0);
    const int64_t n = x.size(1);
    saved = {at::empty({b, n, 3 * x.size(2)}, x.options()),
             at::empty({b, arguments.heads, n, n}, x.options()),
             at::empty_like(x)};
    const Attention all(arguments, saved);
    auto out = at::empty_like(x);
    ForRowTiles(b, all.tile(), [&](int64_t, int64_t first, int64_t count) {
      const Attention c = all.Tile(first, count);
      QkvTile(c);
      AttendTile(c);
      ProjTile(c, out.narrow(0, first, count));
    });
    return out;
  }

  static at::Tensor Evaluate(const BranchArguments& arguments) {
    const Attention all(arguments, std::vector<at::Tensor>(3));
    const Scratch scratch(all);
    auto out = at::empty_like(all.x);
    ForRowTiles(all.images(), all.tile(),
                [&](int64_t part, int64_t first, int64_t count) {
                  Attention c = all.Tile(first, count);
                  c.qkv = scratch.qkv[part].narrow(0, 0, count);
                  c.attn_output = scratch.attn_output[part].narrow(0, 0, count);
                  QkvTile(c);
                  AttendByGroups(c, scratch.attn_probs[part]);
                  ProjTile(c, out.narrow(0, first, count));
                });
    return out;
  }

  static BranchArguments Backward(const BranchArguments& arguments,
                                  const std::vector<at::Tensor>& saved,
                                  const at::Tensor& gradient) {
    const Attention all(arguments, saved);
    BranchArguments result;
    result.x = at::empty_like(all.x);
    result.branch = SumOverTiles(
        all.branch, all.images(), all.tile(),
        [&](int64_t first, int64_t count, ResidualBranch& grads) {
          BackwardTile(all.Tile(first, count), gradient.narrow(0, first, count),
                       grads, result.x.narrow(0, first, count));
        });
    return result;
  }
};

at::Tensor ReferenceAttention(const at::Tensor& x, const ResidualBranch& p,
                              int64_t heads) {
  const int64_t b = x.size(0);
  const int64_t n = x.size(1);
  const int64_t d = x.size(2);
  const auto normed = at::layer_norm(x, {d}, p.norm.weight, p.norm.bias, p.eps);
  const auto parts = at::linear(normed, p.inner.weight, p.inner.bias)
                         .view({b, n, 3, heads, d / heads})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0);  // q, k, v [B, heads, N, d]
  const auto y = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  return at::linear(y.transpose(1, 2).reshape({b, n, d}), p.outer.weight,
                    p.outer.bias);
}

}  // namespace

at::Tensor AddAttentionBranch(const at::Tensor& x, const ResidualBranch& p,
                              int64_t heads, const at::Tensor& scale) {
  BranchArguments arguments = {x, /*y=*/{}, scale, p, heads};
  // With fewer images than threads some threads would be idle.
  const bool fits =
      x.size(1) <= kMaxTokens && x.size(0) >= at::get_num_threads();
  // Products in bf16 multiply pairs.
  if (fits && x.size(2) / heads % 2 == 0 && CanUseBf16(arguments)) {
    return AddBf16Attention(arguments);
  }
  if (!fits || !CanUseFused(WhereDefined(arguments, arguments))) {
    return AddBranch(x, ReferenceAttention(x, p, heads), p.gamma, scale);
  }
  arguments.x = x.contiguous();
  return ApplyByHand<TiledAttention>(arguments);
}

}  // namespace wsel::kernels
