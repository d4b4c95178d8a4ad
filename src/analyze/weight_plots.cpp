#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "wsel/analyze/plots.h"
#include "wsel/analyze/weight_table.h"

namespace wsel::analyze {
namespace {

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

// Over blocks, one line per model.
LineChart Chart(const std::vector<ModelWeights>& models,
                const std::string& layer, const std::string& y_label,
                const std::function<double(const WeightRow&)>& value) {
  LineChart chart;
  chart.title = layer;
  chart.x_label = "block";
  chart.y_label = y_label;
  for (const ModelWeights& model : models) {
    Line line = {model.name, {}};
    for (const WeightRow& row : model.rows) {
      if (row.layer != layer || row.block < 0) continue;
      line.values.resize(static_cast<size_t>(row.block) + 1,
                         std::numeric_limits<double>::quiet_NaN());
      line.values.back() = value(row);
    }
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

}  // namespace

std::string WeightScript(const std::vector<ModelWeights>& models) {
  const auto layers = LayersOf(models);
  if (layers.empty()) return "";
  std::vector<LineChart> charts;
  for (const std::string& layer : layers) {
    charts.push_back(
        Chart(models, layer, "standard deviation",
              [](const WeightRow& row) { return row.statistics.std; }));
  }
  for (const std::string& layer : layers) {
    charts.push_back(Chart(
        models, layer, "effective rank / full rank", [](const WeightRow& row) {
          return row.effective_rank / static_cast<double>(row.full_rank);
        }));
  }
  return LineChartScript(charts, static_cast<int>(layers.size()));
}

}  // namespace wsel::analyze
