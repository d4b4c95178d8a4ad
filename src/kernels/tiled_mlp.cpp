#include "tiled_mlp.h"

#include <ATen/ATen.h>

#include "branch_gradient.h"
#include "gemm.h"
#include "simd/kernels.h"

namespace wsel::kernels {
namespace {

// Rows per tile: the hidden layer and its gradient fit the L2 cache of most
// processors (1 MiB or more), and the matrices are not too thin.
int64_t TileRows(int64_t hidden) {
  constexpr int64_t kHiddenValues = 98'304;  // 384 KiB
  return std::clamp<int64_t>(kHiddenValues / hidden, 128, 1024);
}

// [B] -> [M, 1]
at::Tensor PerRow(const at::Tensor& scale, int64_t rows) {
  if (!scale.defined()) return {};
  return scale.repeat_interleave(rows / scale.size(0)).unsqueeze(1);
}

// The arguments of both passes as matrices of M rows.
struct Mlp {
  at::Tensor x, y;   // [M, D]
  at::Tensor scale;  // [M, 1] or undefined
  WeightAndBias norm, fc1, fc2;
  WeightAndBias scaled_fc2;  // times gamma
  double eps = 0;

  explicit Mlp(const MlpArguments& from)
      : x(RowsOf(from.x)),
        y(RowsOf(from.y)),
        scale(PerRow(from.scale, y.size(0))),
        norm{from.branch.norm_weight, from.branch.norm_bias},
        fc1{from.branch.fc1_weight, from.branch.fc1_bias},
        fc2{from.branch.fc2_weight, from.branch.fc2_bias},
        scaled_fc2(TimesGamma(fc2, from.branch.gamma)),
        eps(from.branch.eps) {}

  int64_t rows() const { return y.size(0); }
  int64_t tile() const { return TileRows(fc1.weight.size(0)); }

  // The part of a few rows.
  Mlp Tile(int64_t first, int64_t count) const {
    Mlp c = *this;
    for (at::Tensor* t : {&c.x, &c.y, &c.scale}) {
      if (t->defined()) *t = t->narrow(0, first, count);
    }
    return c;
  }
};

void ForwardTile(const Mlp& c, const at::Tensor& hidden,
                 const at::Tensor& out) {
  LinearInto(hidden, std::get<0>(Normalise(c.norm, c.eps, c.y)), c.fc1.weight,
             c.fc1.bias);
  LinearInto(out, at::gelu(hidden), c.scaled_fc2.weight, c.scaled_fc2.bias);
  if (c.scale.defined()) out.mul_(c.scale);
  out.add_(c.x);
}

// One tile: writes the gradient of y and accumulates those of the parameters.
void BackwardTile(const Mlp& c, const at::Tensor& hidden,
                  const at::Tensor& gradient, BranchGradients& grads,
                  const at::Tensor& dy) {
  const auto g = c.scale.defined() ? gradient * c.scale : gradient;
  const auto [normed, mean, rstd] = Normalise(c.norm, c.eps, c.y);

  const auto dh = Matmul(g, c.scaled_fc2.weight);
  const auto activation = at::empty_like(hidden);
  ActiveKernels().gelu_and_gradient(
      hidden.const_data_ptr<float>(), hidden.numel(),
      activation.data_ptr<float>(), dh.data_ptr<float>());
  AddLinearGradient(grads.outer, g, activation);
  AddLinearGradient(grads.inner, dh, normed);
  dy.copy_(NormGradient(grads.norm, c.norm, Matmul(dh, c.fc1.weight), c.y, mean,
                        rstd));
}

}  // namespace

at::Tensor MlpForward(const MlpArguments& arguments, at::Tensor& hidden) {
  const Mlp all(arguments);
  hidden = at::empty({all.rows(), all.fc1.weight.size(0)}, all.y.options());
  auto out = at::empty_like(all.y);
  ForRowTiles(
      all.rows(), all.tile(), [&](int64_t, int64_t first, int64_t count) {
        const at::AutoDispatchBelowAutograd guard;
        ForwardTile(all.Tile(first, count), hidden.narrow(0, first, count),
                    out.narrow(0, first, count));
      });
  return out.view_as(arguments.x);
}

MlpArguments MlpBackward(const MlpArguments& arguments,
                         const at::Tensor& hidden, const at::Tensor& gradient) {
  const Mlp all(arguments);
  const auto rows = RowsOf(gradient);
  const auto dy = at::empty_like(all.y);
  BranchGradients grads = SumOverTiles(
      all.rows(), all.tile(),
      [&] { return BranchGradients(all.norm, all.fc1, all.fc2); },
      [&](int64_t first, int64_t count, BranchGradients& part) {
        BackwardTile(all.Tile(first, count), hidden.narrow(0, first, count),
                     rows.narrow(0, first, count), part,
                     dy.narrow(0, first, count));
      });
  MlpArguments result;
  result.x = gradient;
  result.y = dy.view_as(gradient);
  result.branch.gamma =
      GammaGradient(all.fc2, arguments.branch.gamma, grads.outer);
  result.branch.norm_weight = grads.norm.weight;
  result.branch.norm_bias = grads.norm.bias;
  result.branch.fc1_weight = grads.inner.weight;
  result.branch.fc1_bias = grads.inner.bias;
  result.branch.fc2_weight = grads.outer.weight;
  result.branch.fc2_bias = grads.outer.bias;
  return result;
}

}  // namespace wsel::kernels
