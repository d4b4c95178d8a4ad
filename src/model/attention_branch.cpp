#include "wsel/model/attention_branch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "branch_gradient.h"
#include "fused.h"
#include "product.h"
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

  int64_t tokens() const { return x.size(1); }
  int64_t width() const { return x.size(2); }
  double temperature() const {
    const int64_t d = width() / heads;
    return 1 / std::sqrt(static_cast<double>(d));
  }
  // Images that are worked on together: few tokens make thin matrices.
  int64_t tile() const { return std::max<int64_t>(1, 256 / tokens()); }
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

// The [N, d] of one head in `part` of [.., N, parts * D]: 0, 1, 2 for q, k, v.
Matrix Head(const Kept& k, const at::Tensor& of, int64_t image, int64_t head,
            int64_t part = 0) {
  const int64_t n = k.tokens();
  const int64_t row = of.size(-1);
  const int64_t d = k.width() / k.heads;
  return {of.data_ptr<float>() + image * n * row + part * k.width() + head * d,
          n, d, row};
}

// The [N, N] of one head in [.., heads, N, N].
Matrix Scores(const Kept& k, const at::Tensor& of, int64_t image,
              int64_t head) {
  const int64_t n = k.tokens();
  return {of.data_ptr<float>() + (image * k.heads + head) * n * n, n, n, n};
}

// Calls body(image, head) for all heads of `images` images.
template <typename Body>
void ForHeads(const Kept& k, int64_t images, const Body& body) {
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t head = 0; head < k.heads; ++head) body(image, head);
  }
}

// [B] -> [B, 1, 1]
at::Tensor OfImages(const at::Tensor& scale) { return scale.view({-1, 1, 1}); }

// A few images, and all that is kept for them.
Kept Tile(const Kept& all, int64_t first, int64_t count) {
  Kept k = all;
  for (at::Tensor* t : {&k.x, &k.scale, &k.qkv, &k.attention, &k.mixed}) {
    if (t->defined()) *t = t->narrow(0, first, count);
  }
  return k;
}

void ForwardTile(Kept k, const at::Tensor& out) {
  const int64_t images = k.x.size(0);
  LinearInto(RowsOf(k.qkv), std::get<0>(Normalise(k.norm, k.eps, RowsOf(k.x))),
             k.to_qkv.weight, k.to_qkv.bias);
  ForHeads(k, images, [&](int64_t i, int64_t h) {
    Multiply(Scores(k, k.attention, i, h), Head(k, k.qkv, i, h),
             Head(k, k.qkv, i, h, 1).Transposed(), 0, k.temperature());
  });
  at::_softmax_out(k.attention, k.attention, -1, /*half_to_float=*/false);
  ForHeads(k, images, [&](int64_t i, int64_t h) {
    Multiply(Head(k, k.mixed, i, h), Scores(k, k.attention, i, h),
             Head(k, k.qkv, i, h, 2), 0);
  });
  LinearInto(RowsOf(out), RowsOf(k.mixed), k.scaled_proj.weight,
             k.scaled_proj.bias);
  if (k.scale.defined()) out.mul_(OfImages(k.scale));
  out.add_(k.x);
}

at::Tensor Forward(Kept& k) {
  const int64_t b = k.x.size(0);
  const int64_t n = k.x.size(1);
  const int64_t d = k.x.size(2);
  k.qkv = at::empty({b, n, 3 * d}, k.x.options());
  k.attention = at::empty({b, k.heads, n, n}, k.x.options());
  k.mixed = at::empty_like(k.x);
  auto out = at::empty_like(k.x);
  ForRowTiles(b, k.tile(), [&](int64_t, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    ForwardTile(Tile(k, first, count), out.narrow(0, first, count));
  });
  return out;
}

// The gradient of qkv [B, N, 3D] from that of `mixed`, [B * N, D].
at::Tensor AttentionGradient(const Kept& k, const at::Tensor& gradient) {
  const int64_t images = k.x.size(0);
  auto ds = at::empty_like(k.attention);
  ForHeads(k, images, [&](int64_t i, int64_t h) {
    Multiply(Scores(k, ds, i, h), Head(k, gradient, i, h),
             Head(k, k.qkv, i, h, 2).Transposed(), 0);
  });
  at::_softmax_backward_data_out(ds, ds, k.attention, -1, at::kFloat);
  auto result = at::empty_like(k.qkv);
  ForHeads(k, images, [&](int64_t i, int64_t h) {
    const Matrix scores = Scores(k, ds, i, h);
    Multiply(Head(k, result, i, h, 0), scores, Head(k, k.qkv, i, h, 1), 0,
             k.temperature());
    Multiply(Head(k, result, i, h, 1), scores.Transposed(),
             Head(k, k.qkv, i, h, 0), 0, k.temperature());
    Multiply(Head(k, result, i, h, 2),
             Scores(k, k.attention, i, h).Transposed(), Head(k, gradient, i, h),
             0);
  });
  return result;
}

// Writes the gradient of x, adds to the sums.
void BackwardTile(const Kept& k, const at::Tensor& gradient, BranchSums& sums,
                  at::Tensor dx) {
  const auto rows =
      RowsOf(k.scale.defined() ? gradient * OfImages(k.scale) : gradient);
  AddLinearGradient(sums.outer, rows, RowsOf(k.mixed));
  const auto dqkv =
      RowsOf(AttentionGradient(k, Product(rows, k.scaled_proj.weight)));
  const auto x = RowsOf(k.x);
  const auto [normed, mean, rstd] = Normalise(k.norm, k.eps, x);
  AddLinearGradient(sums.inner, dqkv, normed);
  const auto dn = Product(dqkv, k.to_qkv.weight);
  at::add_out(dx, gradient,
              NormGradient(sums.norm, k.norm, dn, x, mean, rstd).view_as(dx));
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
        k.x.size(0), k.tile(),
        [&] { return BranchSums(k.norm, k.to_qkv, k.proj); },
        [&](int64_t first, int64_t count, BranchSums& part) {
          BackwardTile(Tile(k, first, count), gradient.narrow(0, first, count),
                       part, dx.narrow(0, first, count));
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
  return TiledAttention::apply(x.contiguous(), p.norm_weight, p.norm_bias,
                               p.qkv_weight, IfDefined(p.qkv_bias),
                               p.proj_weight, p.proj_bias, IfDefined(p.gamma),
                               IfDefined(scale), p.heads, p.eps);
}

}  // namespace wsel::model
