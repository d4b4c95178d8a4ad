#include "wsel/analyze/attention_products.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/nn/build.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::analyze {
namespace {

void CheckIndex(const model::Config& config, std::string_view field,
                std::string_view what, int64_t index, int64_t count) {
  if (index >= 0 && index < count) return;
  throw Error(ErrorKind::kUsage, field,
              "is {}, but {} has {} {}, counted from 0", index, NameOf(config),
              count, what);
}

at::Tensor Weight(const TensorSource& weights, int64_t block,
                  std::string_view layer, const Shape& shape) {
  const TensorSpec expected = {
      fmt::format("blocks.{}.attn.{}.weight", block, layer), shape};
  nn::CheckFits(expected, weights);
  return Borrow(weights.View(expected.name)).to(at::kDouble).view(shape);
}

}  // namespace

void CheckHead(const model::Config& config, int64_t block, int64_t head) {
  const int64_t heads = NumHeads(config);
  if (heads == 0) {
    throw Error(ErrorKind::kMismatch, NameOf(config),
                "a {} has no attention; wsel analyze weights and wsel analyze "
                "features support it",
                ArchitectureName(config));
  }
  if (!HasFusedQkv(config)) {
    throw Error(ErrorKind::kMismatch, "",
                "attention products are of q, k and v in one layer (attn.qkv), "
                "which this {} has not",
                ArchitectureName(config));
  }
  CheckIndex(config, "block", "blocks", block, StageDepths(config)[0]);
  CheckIndex(config, "head_index", "heads", head, heads);
}

AttentionProducts ProductsOf(const model::Config& config,
                             const TensorSource& weights, int64_t block,
                             int64_t head) {
  CheckHead(config, block, head);
  const int64_t width = NumFeatures(config);
  // As timm stores them: the rows of qkv are q, k, v, each ordered by head.
  const auto qkv = Weight(weights, block, "qkv", {3 * width, width});
  const auto proj = Weight(weights, block, "proj", {width, width});
  const int64_t head_dim = width / NumHeads(config);
  const int64_t first = head * head_dim;
  // Rows of q, k and v are columns of W_q, W_k and W_v: [d, D] each.
  const auto rows = [&](int64_t part) {
    return qkv.narrow(0, part * width + first, head_dim);
  };
  const auto to_proj = proj.narrow(1, first, head_dim).t();  // [d, D]
  return {rows(0).t().matmul(rows(1)), rows(2).t().matmul(to_proj)};
}

Diagonality DiagonalityOf(const at::Tensor& matrix) {
  const auto diagonal = matrix.diagonal();
  const auto off_diagonal =
      static_cast<double>(matrix.numel() - diagonal.numel());
  const double square = matrix.square().sum().item<double>() -
                        diagonal.square().sum().item<double>();
  return {
      diagonal.mean().item<double>(),
      off_diagonal == 0 ? 0 : std::sqrt(std::max(square, 0.0) / off_diagonal)};
}

ProductMatrix MatrixOf(const std::string& model, const std::string& product,
                       const std::string& file, const at::Tensor& values) {
  const auto x = values.to(at::kFloat).contiguous();
  const float* data = x.const_data_ptr<float>();
  return {model,
          product,
          file,
          x.size(0),
          {data, data + x.numel()},
          DiagonalityOf(values)};
}

nlohmann::ordered_json ProductsJson(
    int64_t block, int64_t head, const std::vector<ProductMatrix>& matrices) {
  using Json = nlohmann::ordered_json;
  Json json = {{"block", block}, {"head", head}, {"matrices", Json::array()}};
  for (const ProductMatrix& matrix : matrices) {
    json["matrices"].push_back(
        {{"model", matrix.model},
         {"matrix", matrix.product},
         {"width", matrix.width},
         {"diagonal_mean", matrix.diagonality.diagonal_mean},
         {"off_diagonal_rms", matrix.diagonality.off_diagonal_rms},
         {"file", matrix.file}});
  }
  return json;
}

}  // namespace wsel::analyze
