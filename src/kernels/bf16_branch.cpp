#include "bf16_branch.h"

#include <ATen/autocast_mode.h>

namespace wsel::kernels {
namespace {

bool IsStream(const at::Tensor& t) {
  return !t.defined() || (t.is_cpu() && (t.scalar_type() == at::kFloat ||
                                         t.scalar_type() == at::kBFloat16));
}

bool IsMaster(const at::Tensor& t) {
  return !t.defined() || (t.is_cpu() && t.scalar_type() == at::kFloat);
}

// A left factor [columns, padded rows] from pairs of rows.
void TransposePairs(const Bf16* pairs, int64_t stride, int64_t rows,
                    int64_t columns, Bf16* transposed) {
  const int64_t words = Padded(rows) / 2;
  ActiveKernels().transpose_words(
      {pairs, stride, words, Padded(columns), words, transposed, words});
}

// [rows, columns] of a padded, transposed sum.
at::Tensor Untransposed(const at::Tensor& padded, int64_t rows,
                        int64_t columns) {
  auto out = at::empty({rows, columns}, padded.options());
  ActiveKernels().transpose_words({padded.const_data_ptr<float>(),
                                   padded.size(1), columns, rows, columns,
                                   out.data_ptr<float>(), columns});
  return out;
}

}  // namespace

bool CanUseBf16(const BranchArguments& arguments) {
  if (!at::autocast::is_autocast_enabled(at::kCPU) ||
      at::autocast::get_autocast_dtype(at::kCPU) != at::kBFloat16 ||
      ActiveBf16Products() == Bf16Products::kOff) {
    return false;
  }
  const ResidualBranch& b = arguments.branch;
  return IsStream(arguments.x) && IsStream(arguments.y) &&
         IsMaster(arguments.scale) && IsMaster(b.norm.weight) &&
         IsMaster(b.norm.bias) && IsMaster(b.inner.weight) &&
         IsMaster(b.inner.bias) && IsMaster(b.outer.weight) &&
         IsMaster(b.outer.bias) && IsMaster(b.gamma);
}

at::Tensor PerRowFactors(const at::Tensor& scale, int64_t rows) {
  if (!scale.defined()) return {};
  return scale.repeat_interleave(rows / scale.size(0));
}

void NormaliseTile(const ResidualBranch& branch, const NormedTile& tile,
                   Bf16* out) {
  const int64_t columns = branch.inner.weight.size(1);
  ActiveKernels().normalise_rows(
      {tile.in, tile.rows, columns, branch.norm.weight.const_data_ptr<float>(),
       branch.norm.bias.const_data_ptr<float>(), static_cast<float>(branch.eps),
       tile.known, tile.mean, tile.rstd, out, Padded(columns)});
}

void RoundGradient(const OutputGradient& from, Bf16* rows, Bf16* pairs,
                   Bf16* transposed, Bf16Sums& sums) {
  const int64_t stride = Padded(from.columns);
  RoundedRows pass{from.rows, from.columns, from.count, from.columns,
                   from.scale};
  pass.out = rows;
  pass.out_stride = stride;
  pass.pairs = pairs;
  pass.pair_stride = stride;
  pass.sums = sums.outer_bias.data_ptr<float>();
  ActiveKernels().round_rows(pass);
  TransposePairs(pairs, stride, from.count, from.columns, transposed);
}

Bf16Sums::Bf16Sums(int64_t width, const PackedLayer& inner,
                   const PackedLayer& outer)
    : norm_weight(at::zeros({width})),
      norm_bias(at::zeros({width})),
      inner_weight(at::zeros({inner.padded_in(), inner.padded_out()})),
      inner_bias(at::zeros({inner.padded_out()})),
      outer_weight(at::zeros({outer.padded_out(), outer.padded_in()})),
      outer_bias(at::zeros({outer.padded_out()})) {}

void Bf16Sums::Add(const Bf16Sums& other) {
  norm_weight.add_(other.norm_weight);
  norm_bias.add_(other.norm_bias);
  inner_weight.add_(other.inner_weight);
  inner_bias.add_(other.inner_bias);
  outer_weight.add_(other.outer_weight);
  outer_bias.add_(other.outer_bias);
}

ResidualBranch GradientsOf(const ResidualBranch& branch,
                           std::vector<Bf16Sums>& parts) {
  Bf16Sums& sum = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) sum.Add(parts[i]);
  const int64_t inner = branch.inner.weight.size(0);
  const int64_t width = branch.inner.weight.size(1);
  const auto narrowed = [](const at::Tensor& t, int64_t size) {
    return t.narrow(0, 0, size).contiguous();
  };
  ResidualBranch grads;
  grads.norm = {sum.norm_weight, sum.norm_bias};
  grads.inner = {Untransposed(sum.inner_weight, inner, width),
                 narrowed(sum.inner_bias, inner)};
  grads.outer = {sum.outer_weight.narrow(0, 0, branch.outer.weight.size(0))
                     .narrow(1, 0, branch.outer.weight.size(1))
                     .contiguous(),
                 narrowed(sum.outer_bias, branch.outer.weight.size(0))};
  FoldGammaInto(grads, branch);
  return grads;
}

void TransposeRows(const PairedRows& rows, Bf16* transposed) {
  ActiveKernels().pair_rows(rows);
  TransposePairs(rows.out, rows.out_stride, rows.rows, rows.columns,
                 transposed);
}

}  // namespace wsel::kernels
