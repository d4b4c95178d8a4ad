#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "wsel/analyze/attention_products.h"
#include "wsel/analyze/feature_table.h"
#include "wsel/analyze/weight_table.h"
#include "wsel/plot/scripts.h"

namespace wsel::analyze {
namespace {

// One line per model over whole numbers from 0: blocks, or blocks passed.
plot::Panel PanelOf(const std::string& title, const std::string& x_label,
                    const std::string& y_label, std::vector<plot::Line> lines) {
  size_t longest = 1;
  for (const plot::Line& line : lines) {
    longest = std::max(longest, line.points.size());
  }
  return {.title = title,
          .x_label = x_label,
          .y_label = y_label,
          .lines = std::move(lines),
          .x = plot::PositionScale(static_cast<int64_t>(longest))};
}

plot::Panel FeaturePanel(const std::vector<ModelFeatures>& models,
                         const std::string& title, const std::string& y_label,
                         const std::function<double(const BlockRow&)>& value) {
  std::vector<plot::Line> lines;
  for (const ModelFeatures& model : models) {
    lines.push_back({model.name, {}});
    auto& points = lines.back().points;
    for (const BlockRow& row : model.rows) {
      points.push_back({static_cast<double>(points.size()), value(row)});
    }
  }
  return PanelOf(title, "blocks passed", y_label, std::move(lines));
}

plot::Panel WeightPanel(const std::vector<ModelWeights>& models,
                        const std::string& layer, const std::string& y_label,
                        const std::function<double(const WeightRow&)>& value) {
  std::vector<plot::Line> lines;
  for (const ModelWeights& model : models) {
    lines.push_back({model.name, {}});
    auto& points = lines.back().points;
    for (const WeightRow& row : model.rows) {
      if (row.layer != layer || row.block < 0) continue;
      // Blocks without the layer leave a gap.
      while (std::cmp_less_equal(points.size(), row.block)) {
        points.push_back({static_cast<double>(points.size()),
                          std::numeric_limits<double>::quiet_NaN()});
      }
      points.back().y = value(row);
    }
  }
  return PanelOf(layer, "block", y_label, std::move(lines));
}

// Names within a block of the weight matrices in blocks.
std::vector<std::string> LayersOf(const std::vector<ModelWeights>& models) {
  std::vector<std::string> layers;
  for (const ModelWeights& model : models) {
    for (const WeightRow& row : model.rows) {
      if (row.block < 0 || row.full_rank == 0) continue;
      if (std::ranges::find(layers, row.layer) == layers.end()) {
        layers.push_back(row.layer);
      }
    }
  }
  return layers;
}

// The colour range ends at the 99.9th percentile, so that outliers do not make
// the rest pale.
plot::HeatMap MapOf(const ProductMatrix& matrix) {
  const double limit = plot::AbsoluteQuantile(matrix.values, 0.999);
  const double high = limit > 0 && std::isfinite(limit) ? limit : 1;
  return {
      .title = matrix.model,
      .x_label = "channel",
      .y_label = matrix.product == "query_key" ? "W_q W_k^T" : "W_v W_{proj}",
      .rows = matrix.width,
      .columns = matrix.width,
      .values = matrix.values,
      .low = -high,
      .high = high};
}

}  // namespace

std::string AttentionScript(const std::vector<ProductMatrix>& matrices,
                            int columns) {
  std::vector<plot::HeatMap> maps;
  for (const ProductMatrix& matrix : matrices) maps.push_back(MapOf(matrix));
  return plot::HeatMapScript(maps, columns, plot::Palette::kDiverging);
}

std::string WeightScript(const std::vector<ModelWeights>& models) {
  const auto layers = LayersOf(models);
  if (layers.empty()) return "";
  plot::Figure figure;
  figure.columns = static_cast<int>(layers.size());
  for (const std::string& layer : layers) {
    figure.panels.push_back(
        WeightPanel(models, layer, "standard deviation",
                    [](const WeightRow& row) { return row.statistics.std; }));
  }
  for (const std::string& layer : layers) {
    figure.panels.push_back(WeightPanel(
        models, layer, "effective rank / full rank", [](const WeightRow& row) {
          return row.effective_rank / static_cast<double>(row.full_rank);
        }));
  }
  return plot::LineScript(figure);
}

std::string DepthScript(const std::vector<ModelFeatures>& models) {
  plot::Panel rms =
      FeaturePanel(models, "scale of activations", "root mean square",
                   [](const BlockRow& row) { return row.rms; });
  rms.log_scale = true;
  const plot::Panel rank =
      FeaturePanel(models, "rank of features", "effective rank / width",
                   [](const BlockRow& row) {
                     return row.effective_rank / static_cast<double>(row.width);
                   });
  return plot::LineScript({"", {rms, rank}, 2});
}

// The teacher's blocks are the rows, the model's are the columns.
std::string SimilarityScript(const std::vector<ModelFeatures>& models,
                             const ModelFeatures& teacher) {
  std::vector<plot::HeatMap> maps;
  for (const ModelFeatures& model : models) {
    std::vector<float> values;
    for (size_t i = 0; i < teacher.rows.size(); ++i) {
      for (const BlockRow& row : model.rows) {
        values.push_back(static_cast<float>(row.cka[i]));
      }
    }
    maps.push_back({.title = model.name,
                    .x_label = "blocks passed",
                    .y_label = "blocks passed in the teacher",
                    .rows = static_cast<int64_t>(teacher.rows.size()),
                    .columns = static_cast<int64_t>(model.rows.size()),
                    .values = std::move(values)});
  }
  return plot::HeatMapScript(maps, std::min(static_cast<int>(maps.size()), 3),
                             plot::Palette::kSequential);
}

}  // namespace wsel::analyze
