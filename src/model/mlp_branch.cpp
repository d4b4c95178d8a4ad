#include "mlp_branch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "branch_gradient.h"
#include "fused.h"
#include "gelu_gradient.h"
#include "gemm.h"
#include "residual.h"

namespace wsel::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Applies the activation elementwise.
at::Tensor Activate(const at::Tensor& x, Activation activation) {
  if (activation == Activation::kGelu) return at::gelu(x);
  return x * at::sigmoid(1.702 * x);
}

// Rows per tile: the hidden layer and its gradient fit the L2 cache of most
// processors (1 MiB or more), and the matrices are not too thin.
int64_t TileRows(int64_t hidden) {
  constexpr int64_t kHiddenValues = 98'304;  // 384 KiB
  return std::clamp<int64_t>(kHiddenValues / hidden, 128, 1024);
}

// The arguments of both passes as matrices, and the saved hidden layer.
struct MlpContext {
  at::Tensor x, y;    // [M, D]
  at::Tensor scale;   // [M, 1] or undefined
  at::Tensor hidden;  // [M, H], before the activation
  WeightAndBias norm, fc1, fc2;
  WeightAndBias scaled_fc2;  // times gamma
  double eps = 0;

  int64_t rows() const { return y.size(0); }
  int64_t tile() const { return TileRows(fc1.weight.size(0)); }
};

// [B] -> [M, 1]
at::Tensor PerRow(const at::Tensor& scale, int64_t rows) {
  if (!scale.defined()) return {};
  return scale.repeat_interleave(rows / scale.size(0)).unsqueeze(1);
}

MlpContext MakeContext(const at::Tensor& x, const at::Tensor& y,
                       const at::Tensor& scale, const MlpBranch& p) {
  MlpContext c;
  c.x = RowsOf(x);
  c.y = RowsOf(y);
  c.scale = PerRow(scale, c.y.size(0));
  c.norm = {p.norm_weight, p.norm_bias};
  c.fc1 = {p.fc1_weight, p.fc1_bias};
  c.fc2 = {p.fc2_weight, p.fc2_bias};
  c.scaled_fc2 = TimesGamma(c.fc2, p.gamma);
  c.eps = p.eps;
  return c;
}

at::Tensor Forward(MlpContext& c) {
  c.hidden = at::empty({c.rows(), c.fc1.weight.size(0)}, c.y.options());
  auto out = at::empty_like(c.y);
  ForRowTiles(c.rows(), c.tile(), [&](int64_t, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    const auto hidden = c.hidden.narrow(0, first, count);
    const auto y = c.y.narrow(0, first, count);
    LinearInto(hidden, std::get<0>(Normalise(c.norm, c.eps, y)), c.fc1.weight,
               c.fc1.bias);
    const auto o = out.narrow(0, first, count);
    LinearInto(o, at::gelu(hidden), c.scaled_fc2.weight, c.scaled_fc2.bias);
    if (c.scale.defined()) o.mul_(c.scale.narrow(0, first, count));
    o.add_(c.x.narrow(0, first, count));
  });
  return out;
}

// One tile: writes the gradient of y and accumulates those of the parameters.
void BackwardTile(const MlpContext& c, const at::Tensor& gradient,
                  int64_t first, int64_t count, BranchGradients& grads,
                  at::Tensor& dy) {
  const auto y = c.y.narrow(0, first, count);
  const auto hidden = c.hidden.narrow(0, first, count);
  auto g = gradient.narrow(0, first, count);
  if (c.scale.defined()) g = g * c.scale.narrow(0, first, count);
  const auto [normed, mean, rstd] = Normalise(c.norm, c.eps, y);

  const auto dh = Matmul(g, c.scaled_fc2.weight);
  const auto activation = at::empty_like(hidden);
  GeluAndGradient(hidden.const_data_ptr<float>(), hidden.numel(),
                  activation.data_ptr<float>(), dh.data_ptr<float>());
  AddLinearGradient(grads.outer, g, activation);
  AddLinearGradient(grads.inner, dh, normed);
  dy.narrow(0, first, count)
      .copy_(NormGradient(grads.norm, c.norm, Matmul(dh, c.fc1.weight), y, mean,
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
    MlpContext c = MakeContext(x, y, scale, p);
    const auto out = Forward(c);
    context->save_for_backward({y, norm_weight, norm_bias, fc1_weight, fc1_bias,
                                fc2_weight, fc2_bias, gamma, scale, c.hidden});
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
    MlpContext c = MakeContext(s[0], s[0], s[8], p);
    c.hidden = s[9];
    const auto gradient = gradients[0].contiguous();
    auto dy = at::empty_like(c.y);
    const auto rows = RowsOf(gradient);
    BranchGradients grads = SumOverTiles(
        c.rows(), c.tile(),
        [&] { return BranchGradients(c.norm, c.fc1, c.fc2); },
        [&](int64_t first, int64_t count, BranchGradients& part) {
          BackwardTile(c, rows, first, count, part, dy);
        });
    const auto dgamma = GammaGradient(c.fc2, p.gamma, grads.outer);
    return {gradient,           dy.view_as(gradient), grads.norm.weight,
            grads.norm.bias,    grads.inner.weight,   grads.inner.bias,
            grads.outer.weight, grads.outer.bias,     dgamma,
            at::Tensor(),       at::Tensor()};
  }
};

at::Tensor ReferenceMlp(const at::Tensor& y, const MlpBranch& p) {
  const auto normed = at::layer_norm(y, p.norm_weight.sizes(), p.norm_weight,
                                     p.norm_bias, p.eps);
  const auto hidden = at::linear(normed, p.fc1_weight, p.fc1_bias);
  return at::linear(Activate(hidden, p.activation), p.fc2_weight, p.fc2_bias);
}

}  // namespace

at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const MlpBranch& p, const at::Tensor& scale) {
  if (p.activation != Activation::kGelu ||
      !CanUseFused({x, y, p.norm_weight, p.norm_bias, p.fc1_weight, p.fc1_bias,
                    p.fc2_weight, p.fc2_bias, p.gamma, scale})) {
    return AddBranch(x, ReferenceMlp(y, p), p.gamma, scale);
  }
  return TiledMlp::apply(x, y.contiguous(), p.norm_weight, p.norm_bias,
                         p.fc1_weight, p.fc1_bias, p.fc2_weight, p.fc2_bias,
                         IfDefined(p.gamma), IfDefined(scale), p.eps);
}

}  // namespace wsel::model
