#include <ATen/ATen.h>

#include "bf16_branch.h"
#include "bf16_branches.h"
#include "branch_function.h"
#include "branch_gradient.h"
#include "fused.h"
#include "gemm.h"
#include "simd/kernels.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {
namespace {

// [B] -> [M, 1]
at::Tensor PerRow(const at::Tensor& scale, int64_t rows) {
  const at::Tensor factors = PerRowFactors(scale, rows);
  return factors.defined() ? factors.unsqueeze(1) : factors;
}

// What both passes compute with, as matrices of M rows.
struct Mlp {
  at::Tensor x, y;   // [M, D]
  at::Tensor scale;  // [M, 1] or undefined
  ResidualBranch branch;
  WeightAndBias scaled_fc2;  // times gamma

  explicit Mlp(const BranchArguments& from)
      : x(RowsOf(from.x)),
        y(RowsOf(from.y)),
        scale(PerRow(from.scale, y.size(0))),
        branch(from.branch),
        scaled_fc2(OuterTimesGamma(branch)) {}

  int64_t rows() const { return y.size(0); }
  int64_t hidden() const { return branch.inner.weight.size(0); }
  // Rows per tile: the hidden layer and its gradient fit the L2 cache of most
  // processors (1 MiB or more), and the matrices are not too thin.
  int64_t tile() const {
    constexpr int64_t kHiddenValues = 98'304;  // 384 KiB
    return std::clamp<int64_t>(kHiddenValues / hidden(), 128, 1024);
  }

  // The part of a few rows.
  Mlp Tile(int64_t first, int64_t count) const {
    Mlp c = *this;
    for (at::Tensor* t : {&c.x, &c.y, &c.scale}) {
      if (t->defined()) *t = t->narrow(0, first, count);
    }
    return c;
  }
};

// Writes the values before the activation, [M, H].
void InnerTile(const Mlp& c, const at::Tensor& hidden) {
  LinearInto(hidden, std::get<0>(Normalise(c.branch, c.y)),
             c.branch.inner.weight, c.branch.inner.bias);
}

// Writes the result from those after it.
void OuterTile(const Mlp& c, const at::Tensor& activation,
               const at::Tensor& out) {
  LinearInto(out, activation, c.scaled_fc2.weight, c.scaled_fc2.bias);
  if (c.scale.defined()) out.mul_(c.scale);
  out.add_(c.x);
}

// One tile: writes the gradient of y and accumulates those of the parameters.
void BackwardTile(const Mlp& c, const at::Tensor& hidden,
                  const at::Tensor& gradient, ResidualBranch& grads,
                  const at::Tensor& dy) {
  const auto g = c.scale.defined() ? gradient * c.scale : gradient;
  const auto [normed, mean, rstd] = Normalise(c.branch, c.y);

  const auto dh = Matmul(g, c.scaled_fc2.weight);
  const auto activation = at::empty_like(hidden);
  ActiveKernels().gelu_and_gradient(
      hidden.const_data_ptr<float>(), hidden.numel(),
      activation.data_ptr<float>(), dh.data_ptr<float>());
  AddLinearGradient(grads.outer, g, activation);
  AddLinearGradient(grads.inner, dh, normed);
  dy.copy_(NormGradient(grads.norm, c.branch.norm,
                        Matmul(dh, c.branch.inner.weight), c.y, mean, rstd));
}

// With GELU, in tiles of rows. Saves `hidden` [M, H], the values before the
// activation; blocks keep x and y for other gradients anyway.
struct TiledMlp {
  static at::Tensor Forward(const BranchArguments& arguments,
                            std::vector<at::Tensor>& saved) {
    const Mlp all(arguments);
    const auto hidden = at::empty({all.rows(), all.hidden()}, all.y.options());
    const auto out = at::empty_like(all.y);
    ForRowTiles(all.rows(), all.tile(),
                [&](int64_t, int64_t first, int64_t count) {
                  const Mlp c = all.Tile(first, count);
                  const auto before = hidden.narrow(0, first, count);
                  InnerTile(c, before);
                  OuterTile(c, at::gelu(before), out.narrow(0, first, count));
                });
    saved.push_back(hidden);
    return out.view_as(arguments.x);
  }

  static at::Tensor Evaluate(const BranchArguments& arguments) {
    const Mlp all(arguments);
    const auto hidden = at::empty(
        {NumParts(all.rows()), std::min(all.tile(), all.rows()), all.hidden()},
        all.y.options());
    const auto out = at::empty_like(all.y);
    ForRowTiles(all.rows(), all.tile(),
                [&](int64_t part, int64_t first, int64_t count) {
                  const Mlp c = all.Tile(first, count);
                  at::Tensor values = hidden[part].narrow(0, 0, count);
                  InnerTile(c, values);
                  at::gelu_(values);
                  OuterTile(c, values, out.narrow(0, first, count));
                });
    return out.view_as(arguments.x);
  }

  static BranchArguments Backward(const BranchArguments& arguments,
                                  const std::vector<at::Tensor>& saved,
                                  const at::Tensor& gradient) {
    const Mlp all(arguments);
    const at::Tensor& hidden = saved[0];
    const auto rows = RowsOf(gradient);
    const auto dy = at::empty_like(all.y);
    BranchArguments result;
    result.x = gradient;
    result.y = dy.view_as(gradient);
    result.branch = SumOverTiles(
        all.branch, all.rows(), all.tile(),
        [&](int64_t first, int64_t count, ResidualBranch& grads) {
          BackwardTile(all.Tile(first, count), hidden.narrow(0, first, count),
                       rows.narrow(0, first, count), grads,
                       dy.narrow(0, first, count));
        });
    return result;
  }
};

at::Tensor ReferenceMlp(const at::Tensor& y, const ResidualBranch& p,
                        bool quick_gelu) {
  const auto normed = at::layer_norm(y, p.norm.weight.sizes(), p.norm.weight,
                                     p.norm.bias, p.eps);
  const auto hidden = at::linear(normed, p.inner.weight, p.inner.bias);
  const auto activation =
      quick_gelu ? hidden * at::sigmoid(1.702 * hidden) : at::gelu(hidden);
  return at::linear(activation, p.outer.weight, p.outer.bias);
}

}  // namespace

at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const ResidualBranch& p, bool quick_gelu,
                        const at::Tensor& scale) {
  BranchArguments arguments = {x, y, scale, p};
  if (!quick_gelu && CanUseBf16(arguments)) return AddBf16Mlp(arguments);
  if (quick_gelu || !CanUseFused(WhereDefined(arguments, arguments))) {
    return AddBranch(x, ReferenceMlp(y, p, quick_gelu), p.gamma, scale);
  }
  arguments.y = y.contiguous();
  return ApplyByHand<TiledMlp>(arguments);
}

}  // namespace wsel::kernels
