#include "wsel/model/mlp_branch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "branch_gradient.h"
#include "fused.h"
#include "gelu_gradient.h"
#include "product.h"
#include "wsel/model/layers.h"
#include "wsel/model/residual.h"

namespace wsel::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows of a tile: the hidden layer and its gradient fit the second-level cache
// of most processors (1 MiB and more), and the products are not too thin.
int64_t TileRows(int64_t hidden) {
  constexpr int64_t kHiddenNumbers = 98'304;  // 384 KiB
  return std::clamp<int64_t>(kHiddenNumbers / hidden, 128, 1024);
}

// The arguments of both passes, as matrices.
struct Rows {
  at::Tensor x, y;    // [M, D]
  at::Tensor scale;   // [M, 1] or undefined
  at::Tensor hidden;  // [M, H], before the activation
  Affine norm, fc1, fc2;
  Affine scaled_fc2;  // times gamma
  double eps = 0;

  int64_t rows() const { return y.size(0); }
  int64_t tile() const { return TileRows(fc1.weight.size(0)); }
};

// [B] -> [M, 1]
at::Tensor OfRows(const at::Tensor& scale, int64_t rows) {
  if (!scale.defined()) return {};
  return scale.repeat_interleave(rows / scale.size(0)).unsqueeze(1);
}

Rows MakeRows(const at::Tensor& x, const at::Tensor& y, const at::Tensor& scale,
              const MlpBranch& p) {
  Rows r;
  r.x = RowsOf(x);
  r.y = RowsOf(y);
  r.scale = OfRows(scale, r.y.size(0));
  r.norm = {p.norm_weight, p.norm_bias};
  r.fc1 = {p.fc1_weight, p.fc1_bias};
  r.fc2 = {p.fc2_weight, p.fc2_bias};
  r.scaled_fc2 = TimesGamma(r.fc2, p.gamma);
  r.eps = p.eps;
  return r;
}

at::Tensor Forward(Rows& r) {
  r.hidden = at::empty({r.rows(), r.fc1.weight.size(0)}, r.y.options());
  auto out = at::empty_like(r.y);
  ForRowTiles(r.rows(), r.tile(), [&](int64_t, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    const auto hidden = r.hidden.narrow(0, first, count);
    const auto y = r.y.narrow(0, first, count);
    LinearInto(hidden, std::get<0>(Normalise(r.norm, r.eps, y)), r.fc1.weight,
               r.fc1.bias);
    const auto o = out.narrow(0, first, count);
    LinearInto(o, at::gelu(hidden), r.scaled_fc2.weight, r.scaled_fc2.bias);
    if (r.scale.defined()) o.mul_(r.scale.narrow(0, first, count));
    o.add_(r.x.narrow(0, first, count));
  });
  return out;
}

// One tile: writes the gradient of y, adds to the sums.
void BackwardTile(const Rows& r, const at::Tensor& gradient, int64_t first,
                  int64_t count, BranchSums& sums, at::Tensor& dy) {
  const auto y = r.y.narrow(0, first, count);
  const auto hidden = r.hidden.narrow(0, first, count);
  auto g = gradient.narrow(0, first, count);
  if (r.scale.defined()) g = g * r.scale.narrow(0, first, count);
  const auto [normed, mean, rstd] = Normalise(r.norm, r.eps, y);

  const auto dh = Product(g, r.scaled_fc2.weight);
  const auto activation = at::empty_like(hidden);
  GeluAndGradient(hidden.const_data_ptr<float>(), hidden.numel(),
                  activation.data_ptr<float>(), dh.data_ptr<float>());
  AddLinearGradient(sums.outer, g, activation);
  AddLinearGradient(sums.inner, dh, normed);
  dy.narrow(0, first, count)
      .copy_(NormGradient(sums.norm, r.norm, Product(dh, r.fc1.weight), y, mean,
                          rstd));
}

struct TiledMlp : torch::autograd::Function<TiledMlp> {
  static at::Tensor forward(
      AutogradContext* context, const at::Tensor& x, const at::Tensor& y,
      const at::Tensor& norm_weight, const at::Tensor& norm_bias,
      const at::Tensor& fc1_weight, const at::Tensor& fc1_bias,
      const at::Tensor& fc2_weight, const at::Tensor& fc2_bias,
      const std::optional<at::Tensor>& layer_scale,
      const std::optional<at::Tensor>& drop_path, double eps) {
    const auto gamma = layer_scale.value_or(at::Tensor());
    const auto scale = drop_path.value_or(at::Tensor());
    const MlpBranch p = {norm_weight,       norm_bias,  eps,
                         Activation::kGelu, fc1_weight, fc1_bias,
                         fc2_weight,        fc2_bias,   gamma};
    Rows r = MakeRows(x, y, scale, p);
    const auto out = Forward(r);
    context->save_for_backward({y, norm_weight, norm_bias, fc1_weight, fc1_bias,
                                fc2_weight, fc2_bias, gamma, scale, r.hidden});
    context->saved_data["eps"] = eps;
    return out.view_as(x);
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    const auto s = context->get_saved_variables();
    const MlpBranch p = {s[1],
                         s[2],
                         context->saved_data["eps"].toDouble(),
                         Activation::kGelu,
                         s[3],
                         s[4],
                         s[5],
                         s[6],
                         s[7]};
    Rows r = MakeRows(s[0], s[0], s[8], p);
    r.hidden = s[9];
    const auto gradient = gradients[0].contiguous();
    auto dy = at::empty_like(r.y);
    const auto rows = RowsOf(gradient);
    BranchSums sums = SumOverTiles(
        r.rows(), r.tile(), [&] { return BranchSums(r.norm, r.fc1, r.fc2); },
        [&](int64_t first, int64_t count, BranchSums& part) {
          BackwardTile(r, rows, first, count, part, dy);
        });
    const auto dgamma = GammaGradient(r.fc2, p.gamma, sums.outer);
    return {gradient,          dy.view_as(gradient), sums.norm.weight,
            sums.norm.bias,    sums.inner.weight,    sums.inner.bias,
            sums.outer.weight, sums.outer.bias,      dgamma,
            at::Tensor(),      at::Tensor()};
  }
};

at::Tensor Plain(const at::Tensor& y, const MlpBranch& p) {
  const auto normed = at::layer_norm(y, p.norm_weight.sizes(), p.norm_weight,
                                     p.norm_bias, p.eps);
  const auto hidden = at::linear(normed, p.fc1_weight, p.fc1_bias);
  return at::linear(Activate(hidden, p.activation), p.fc2_weight, p.fc2_bias);
}

}  // namespace

at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const MlpBranch& p, const at::Tensor& scale) {
  if (p.activation != Activation::kGelu ||
      !FusedApplies({x, y, p.norm_weight, p.norm_bias, p.fc1_weight, p.fc1_bias,
                     p.fc2_weight, p.fc2_bias, p.gamma, scale})) {
    return AddBranch(x, Plain(y, p), p.gamma, scale);
  }
  return TiledMlp::apply(x, y.contiguous(), p.norm_weight, p.norm_bias,
                         p.fc1_weight, p.fc1_bias, p.fc2_weight, p.fc2_bias,
                         IfDefined(p.gamma), IfDefined(scale), p.eps);
}

}  // namespace wsel::model
