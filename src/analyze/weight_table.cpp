#include "wsel/analyze/weight_table.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "measures.h"
#include "wsel/core/csv.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::analyze {
namespace {

// "stages.2.blocks.{}.mlp.fc1.weight" -> "mlp.fc1"
std::string LayerOf(const model::ParameterSpec& tensor) {
  if (tensor.block < 0) return "";
  std::string layer = tensor.key.substr(tensor.key.find("{}.") + 3);
  if (layer.ends_with(".weight")) layer.resize(layer.size() - 7);
  return layer;
}

void FillStatistics(const TensorView& view, WeightRow& row) {
  row.statistics = StatisticsOf(view);
  const auto x = Borrow(view).to(at::kDouble);
  row.norm = x.norm().item<double>();
  row.effective_rank = std::numeric_limits<double>::quiet_NaN();
  if (x.dim() < 2 || x.size(0) == 1) return;
  const auto matrix = x.flatten(1);
  row.full_rank = std::min(matrix.size(0), matrix.size(1));
  row.effective_rank = EffectiveRank(matrix);
}

}  // namespace

std::vector<WeightRow> WeightTable(const model::Config& config,
                                   const TensorSource& weights) {
  const auto depths = StageDepths(config);
  std::vector<WeightRow> rows;
  for (const model::ParameterSpec& tensor : ParameterSpecs(config)) {
    const TensorSpec* found = weights.Find(tensor.spec.name);
    if (found == nullptr) continue;
    WeightRow row;
    row.tensor = tensor.spec.name;
    row.layer = LayerOf(tensor);
    if (tensor.block >= 0) {
      row.block = static_cast<int>(
          std::accumulate(depths.begin(), depths.begin() + tensor.stage,
                          int64_t{tensor.block}));
    }
    row.shape = found->shape;
    FillStatistics(weights.View(row.tensor), row);
    weights.Release(row.tensor);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string WeightCsv(const std::vector<ModelWeights>& models) {
  std::string csv =
      "model,tensor,shape,mean,std,min,max,nan_count,norm,effective_rank,full_"
      "rank\n";
  for (const ModelWeights& model : models) {
    for (const WeightRow& row : model.rows) {
      const Statistics& s = row.statistics;
      csv += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{}\n", CsvCell(model.name), row.tensor,
          fmt::join(row.shape, "x"), CsvCell(s.mean), CsvCell(s.std),
          CsvCell(s.min), CsvCell(s.max), s.nan_count, CsvCell(row.norm),
          CsvCell(row.effective_rank),
          row.full_rank == 0 ? "" : std::to_string(row.full_rank));
    }
  }
  return csv;
}

nlohmann::ordered_json WeightJson(const std::vector<ModelWeights>& models) {
  using Json = nlohmann::ordered_json;
  Json json = Json::array();
  for (const ModelWeights& model : models) {
    Json tensors = Json::array();
    for (const WeightRow& row : model.rows) {
      const Statistics& s = row.statistics;
      tensors.push_back({{"tensor", row.tensor},
                         {"shape", row.shape},
                         {"mean", s.mean},
                         {"std", s.std},
                         {"min", s.min},
                         {"max", s.max},
                         {"nan_count", s.nan_count},
                         {"norm", row.norm},
                         {"effective_rank", row.effective_rank},
                         {"full_rank", row.full_rank}});
    }
    json.push_back({{"model", model.name}, {"tensors", tensors}});
  }
  return json;
}

}  // namespace wsel::analyze
