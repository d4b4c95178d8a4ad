#include "wsel/model/attention_branch.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "fused.h"
#include "row_tiles.h"
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
  at::Tensor x;              // [B, N, D]
  at::Tensor scale;          // [B] or undefined
  at::Tensor qkv;            // [B, N, 3D]
  at::Tensor attention;      // [B, heads, N, N], after the softmax
  at::Tensor mixed;          // [B, N, D], before proj
  at::Tensor scaled_weight;  // gamma * proj_weight
  at::Tensor scaled_bias;    // gamma * proj_bias
  AttentionBranch p;

  double temperature() const {
    return 1 / std::sqrt(static_cast<double>(x.size(2) / p.heads));
  }
};

Kept MakeKept(const at::Tensor& x, const at::Tensor& scale,
              const AttentionBranch& p) {
  Kept k;
  k.x = x;
  k.scale = scale;
  k.p = p;
  const bool scaled = p.gamma.defined();
  k.scaled_weight =
      scaled ? p.gamma.unsqueeze(1) * p.proj_weight : p.proj_weight;
  k.scaled_bias = scaled ? p.gamma * p.proj_bias : p.proj_bias;
  return k;
}

auto Normalise(const Kept& k, const at::Tensor& x) {
  return at::native_layer_norm(x, {x.size(1)}, k.p.norm_weight, k.p.norm_bias,
                               k.p.eps);
}

// x w^T + b, b perhaps undefined
at::Tensor& LinearOut(at::Tensor& out, const at::Tensor& x, const at::Tensor& w,
                      const at::Tensor& b) {
  return b.defined() ? at::addmm_out(out, b, x, w.t())
                     : at::mm_out(out, x, w.t());
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
  LinearOut(qkv, std::get<0>(Normalise(k, x)), k.p.qkv_weight, k.p.qkv_bias);
  const auto parts = Heads(qkv, 3, k.p.heads);
  auto attention = k.attention[image];
  at::baddbmm_out(attention, attention, parts[0], parts[1].transpose(1, 2),
                  /*beta=*/0, /*alpha=*/k.temperature());
  at::_softmax_out(attention, attention, -1, /*half_to_float=*/false);
  auto mixed = k.mixed[image];
  Heads(mixed, 1, k.p.heads)[0].copy_(at::bmm(attention, parts[2]));
  LinearOut(out, mixed, k.scaled_weight, k.scaled_bias);
  if (k.scale.defined()) out.mul_(k.scale[image]);
  out.add_(x);
}

at::Tensor Forward(Kept& k) {
  const int64_t b = k.x.size(0);
  const int64_t n = k.x.size(1);
  const int64_t d = k.x.size(2);
  k.qkv = at::empty({b, n, 3 * d}, k.x.options());
  k.attention = at::empty({b, k.p.heads, n, n}, k.x.options());
  k.mixed = at::empty_like(k.x);
  auto out = at::empty_like(k.x);
  ForRowTiles(b, 1, [&](int64_t, int64_t image, int64_t) {
    const at::AutoDispatchBelowAutograd guard;
    ForwardImage(k, image, out[image]);
  });
  return out;
}

// Sums over images: of one part, then of all.
struct Sums {
  at::Tensor norm_weight, norm_bias, qkv_weight, qkv_bias;
  at::Tensor proj_weight, proj_bias;  // before gamma

  explicit Sums(const AttentionBranch& p)
      : norm_weight(at::zeros_like(p.norm_weight)),
        norm_bias(at::zeros_like(p.norm_bias)),
        qkv_weight(at::zeros_like(p.qkv_weight)),
        qkv_bias(at::zeros({p.qkv_weight.size(0)}, p.qkv_weight.options())),
        proj_weight(at::zeros_like(p.proj_weight)),
        proj_bias(at::zeros_like(p.proj_bias)) {}

  void Add(const Sums& other) {
    norm_weight.add_(other.norm_weight);
    norm_bias.add_(other.norm_bias);
    qkv_weight.add_(other.qkv_weight);
    qkv_bias.add_(other.qkv_bias);
    proj_weight.add_(other.proj_weight);
    proj_bias.add_(other.proj_bias);
  }
};

// The gradient of qkv [N, 3D] from that of `mixed` [N, D].
at::Tensor AttentionGradient(const Kept& k, int64_t image,
                             const at::Tensor& gradient) {
  const auto qkv = k.qkv[image];
  const auto parts = Heads(qkv, 3, k.p.heads);
  const auto attention = k.attention[image];
  const auto g = Heads(gradient, 1, k.p.heads)[0];
  const auto result = at::empty_like(qkv);
  const auto to = Heads(result, 3, k.p.heads);
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
                   Sums& sums, at::Tensor dx) {
  const auto x = k.x[image];
  auto g = gradient[image];
  if (k.scale.defined()) g = g * k.scale[image];
  sums.proj_weight.addmm_(g.t(), k.mixed[image]);
  sums.proj_bias.add_(g.sum(0));
  const auto dqkv = AttentionGradient(k, image, at::mm(g, k.scaled_weight));
  const auto [normed, mean, rstd] = Normalise(k, x);
  sums.qkv_weight.addmm_(dqkv.t(), normed);
  sums.qkv_bias.add_(dqkv.sum(0));
  const auto [branch, dw, db] = at::native_layer_norm_backward(
      at::mm(dqkv, k.p.qkv_weight), x, {x.size(1)}, mean, rstd, k.p.norm_weight,
      k.p.norm_bias, {true, true, true});
  sums.norm_weight.add_(dw);
  sums.norm_bias.add_(db);
  at::add_out(dx, gradient[image], branch);
}

Sums Backward(const Kept& k, const at::Tensor& gradient, at::Tensor& dx) {
  const int64_t images = k.x.size(0);
  std::vector<Sums> sums;
  for (int64_t part = 0; part < Parts(images); ++part) sums.emplace_back(k.p);
  ForRowTiles(images, 1, [&](int64_t part, int64_t image, int64_t) {
    const at::AutoDispatchBelowAutograd guard;
    BackwardImage(k, gradient, image, sums[static_cast<size_t>(part)],
                  dx[image]);
  });
  for (size_t i = 1; i < sums.size(); ++i) sums[0].Add(sums[i]);
  return sums[0];
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
    Sums sums = Backward(k, gradients[0].contiguous(), dx);
    at::Tensor dgamma;
    if (p.gamma.defined()) {
      dgamma = (p.proj_weight * sums.proj_weight).sum(1) +
               p.proj_bias * sums.proj_bias;
      sums.proj_weight.mul_(p.gamma.unsqueeze(1));
      sums.proj_bias.mul_(p.gamma);
    }
    return {dx,
            sums.norm_weight,
            sums.norm_bias,
            sums.qkv_weight,
            p.qkv_bias.defined() ? sums.qkv_bias : at::Tensor(),
            sums.proj_weight,
            sums.proj_bias,
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
