#include "wsel/model/mlp_branch.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fused.h"
#include "row_tiles.h"
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
  at::Tensor x, y;           // [M, D]
  at::Tensor scale;          // [M, 1] or undefined
  at::Tensor hidden;         // [M, H], before the activation
  at::Tensor scaled_weight;  // gamma * fc2_weight, [D, H]
  at::Tensor scaled_bias;    // gamma * fc2_bias, [D]
  MlpBranch p;

  int64_t rows() const { return y.size(0); }
  int64_t tile() const { return TileRows(p.fc1_weight.size(0)); }
};

at::Tensor RowsOf(const at::Tensor& t) { return t.reshape({-1, t.size(-1)}); }

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
  r.p = p;
  r.scale = OfRows(scale, r.y.size(0));
  r.scaled_weight =
      p.gamma.defined() ? p.gamma.unsqueeze(1) * p.fc2_weight : p.fc2_weight;
  r.scaled_bias = p.gamma.defined() ? p.gamma * p.fc2_bias : p.fc2_bias;
  return r;
}

auto Normalise(const Rows& r, const at::Tensor& y) {
  return at::native_layer_norm(y, {y.size(1)}, r.p.norm_weight, r.p.norm_bias,
                               r.p.eps);
}

at::Tensor Forward(Rows& r) {
  r.hidden = at::empty({r.rows(), r.p.fc1_weight.size(0)}, r.y.options());
  auto out = at::empty_like(r.y);
  const auto w1 = r.p.fc1_weight.t();
  const auto w2 = r.scaled_weight.t();
  ForRowTiles(r.rows(), r.tile(), [&](int64_t, int64_t first, int64_t count) {
    const at::AutoDispatchBelowAutograd guard;
    auto hidden = r.hidden.narrow(0, first, count);
    at::addmm_out(hidden, r.p.fc1_bias,
                  std::get<0>(Normalise(r, r.y.narrow(0, first, count))), w1);
    auto o = out.narrow(0, first, count);
    at::addmm_out(o, r.scaled_bias, at::gelu(hidden), w2);
    if (r.scale.defined()) o.mul_(r.scale.narrow(0, first, count));
    o.add_(r.x.narrow(0, first, count));
  });
  return out;
}

// Sums over rows: of one part, then of all.
struct Sums {
  at::Tensor norm_weight, norm_bias, fc1_weight, fc1_bias;
  at::Tensor fc2_weight, fc2_bias;  // before gamma

  explicit Sums(const MlpBranch& p)
      : norm_weight(at::zeros_like(p.norm_weight)),
        norm_bias(at::zeros_like(p.norm_bias)),
        fc1_weight(at::zeros_like(p.fc1_weight)),
        fc1_bias(at::zeros_like(p.fc1_bias)),
        fc2_weight(at::zeros_like(p.fc2_weight)),
        fc2_bias(at::zeros_like(p.fc2_bias)) {}

  void Add(const Sums& other) {
    norm_weight.add_(other.norm_weight);
    norm_bias.add_(other.norm_bias);
    fc1_weight.add_(other.fc1_weight);
    fc1_bias.add_(other.fc1_bias);
    fc2_weight.add_(other.fc2_weight);
    fc2_bias.add_(other.fc2_bias);
  }
};

// One tile: writes the gradient of y, adds to the sums.
void BackwardTile(const Rows& r, const at::Tensor& gradient, int64_t first,
                  int64_t count, Sums& sums, at::Tensor& dy) {
  const auto y = r.y.narrow(0, first, count);
  const auto hidden = r.hidden.narrow(0, first, count);
  auto g = gradient.narrow(0, first, count);
  if (r.scale.defined()) g = g * r.scale.narrow(0, first, count);
  const auto [normed, mean, rstd] = Normalise(r, y);

  sums.fc2_weight.addmm_(g.t(), at::gelu(hidden));
  sums.fc2_bias.add_(g.sum(0));
  auto dh = at::mm(g, r.scaled_weight);
  at::gelu_backward_out(dh, dh, hidden);
  sums.fc1_weight.addmm_(dh.t(), normed);
  sums.fc1_bias.add_(dh.sum(0));
  const auto [dx, dw, db] = at::native_layer_norm_backward(
      at::mm(dh, r.p.fc1_weight), y, {y.size(1)}, mean, rstd, r.p.norm_weight,
      r.p.norm_bias, {true, true, true});
  sums.norm_weight.add_(dw);
  sums.norm_bias.add_(db);
  dy.narrow(0, first, count).copy_(dx);
}

Sums Backward(const Rows& r, const at::Tensor& gradient, at::Tensor& dy) {
  std::vector<Sums> sums;
  for (int64_t part = 0; part < Parts(r.rows()); ++part) sums.emplace_back(r.p);
  ForRowTiles(r.rows(), r.tile(),
              [&](int64_t part, int64_t first, int64_t count) {
                const at::AutoDispatchBelowAutograd guard;
                BackwardTile(r, gradient, first, count,
                             sums[static_cast<size_t>(part)], dy);
              });
  for (size_t i = 1; i < sums.size(); ++i) sums[0].Add(sums[i]);
  return sums[0];
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
    Sums sums = Backward(r, RowsOf(gradient), dy);
    at::Tensor dgamma;
    if (p.gamma.defined()) {
      dgamma =
          (p.fc2_weight * sums.fc2_weight).sum(1) + p.fc2_bias * sums.fc2_bias;
      sums.fc2_weight.mul_(p.gamma.unsqueeze(1));
      sums.fc2_bias.mul_(p.gamma);
    }
    return {gradient,        dy.view_as(gradient), sums.norm_weight,
            sums.norm_bias,  sums.fc1_weight,      sums.fc1_bias,
            sums.fc2_weight, sums.fc2_bias,        dgamma,
            at::Tensor(),    at::Tensor()};
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
