#include "projected_attention.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "kept_heads.h"
#include "low_rank.h"

namespace wsel::calibrate {
namespace {

// [B, N, I] of head after head -> [heads, B N, dim] float64.
at::Tensor ByHead(const at::Tensor& x, int64_t heads) {
  const auto rows = x.flatten(0, 1).to(at::kDouble);
  return rows.view({rows.size(0), heads, -1}).transpose(0, 1);
}

at::Tensor Products(const at::Tensor& x) {
  return at::matmul(x.transpose(-2, -1), x);
}

// Which part of qkv.
enum Part { kQuery, kKey, kValue };

// In the order of AttentionSums.
enum AttentionSum { kCount, kOutput, kOutputs, kQueries, kKeys };

RotatedReader Rows(const RotatedReader& reader, Part part, int64_t head,
                   const HeadSizes& sizes) {
  const int64_t first = (part * sizes.heads + head) * sizes.head_dim;
  return {reader.weight.narrow(0, first, sizes.head_dim),
          reader.bias.narrow(0, first, sizes.head_dim)};
}

// The layer's outputs x, as x map.
RotatedReader Mapped(const RotatedReader& reader, const at::Tensor& map) {
  return {at::matmul(map.t(), reader.weight), at::mv(map.t(), reader.bias)};
}

}  // namespace

Sums AttentionSums(const at::Tensor& qkv, const at::Tensor& outputs,
                   const HeadSizes& sizes) {
  const auto thirds = qkv.chunk(3, -1);
  const auto rows = outputs.flatten(0, 1).to(at::kDouble);
  return {at::full({}, static_cast<double>(rows.size(0)), at::kDouble),
          rows.sum(0), Products(rows), Products(ByHead(thirds[0], sizes.heads)),
          Products(ByHead(thirds[1], sizes.heads))};
}

ProjectedAttention ProjectAttention(const RotatedReader& reader,
                                    const at::Tensor& outer, const Sums& sums,
                                    const HeadSizes& sizes) {
  if (sizes.KeepsAll()) {
    std::vector<int64_t> all(static_cast<size_t>(sizes.heads));
    std::iota(all.begin(), all.end(), 0);
    return {std::move(all), reader, outer};
  }
  const auto moments = sums[kOutputs] / sums[kCount];
  const auto mean = sums[kOutput] / sums[kCount];
  const auto kept = KeptHeads(moments - at::outer(mean, mean), outer,
                              sizes.heads, sizes.kept_heads);
  const int64_t dim = sizes.head_dim;
  const int64_t rank = sizes.kept_dim;
  // The student's attention divides by the root of its own head dimension.
  const double factor =
      std::pow(static_cast<double>(rank) / static_cast<double>(dim), 0.25);
  std::vector<at::Tensor> weights[3];
  std::vector<at::Tensor> biases[3];
  std::vector<at::Tensor> outers;
  for (const int64_t head : kept) {
    const auto of_outer = outer.narrow(1, head * dim, dim);
    const auto identity = at::eye(dim, at::kDouble);
    LowRank logits{identity, identity};
    LowRank values{identity, of_outer};
    if (rank < dim) {
      logits = LowRankLogits(sums[kQueries][head], sums[kKeys][head], rank);
      values = LowRankValues(
          moments.narrow(0, head * dim, dim).narrow(1, head * dim, dim),
          of_outer, rank);
    }
    const at::Tensor maps[] = {logits.first * factor, logits.second * factor,
                               values.first};
    for (const Part part : {kQuery, kKey, kValue}) {
      const auto mapped = Mapped(Rows(reader, part, head, sizes), maps[part]);
      weights[part].push_back(mapped.weight);
      biases[part].push_back(mapped.bias);
    }
    outers.push_back(values.second);
  }
  std::vector<at::Tensor> all_weights;
  std::vector<at::Tensor> all_biases;
  for (const Part part : {kQuery, kKey, kValue}) {
    all_weights.push_back(at::cat(weights[part]));
    all_biases.push_back(at::cat(biases[part]));
  }
  return {
      kept, {at::cat(all_weights), at::cat(all_biases)}, at::cat(outers, 1)};
}

}  // namespace wsel::calibrate
