#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "wsel/analyze/weight_table.h"
#include "wsel/plot/scripts.h"

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
plot::Panel PanelOf(const std::vector<ModelWeights>& models,
                    const std::string& layer, const std::string& y_label,
                    const std::function<double(const WeightRow&)>& value) {
  plot::Panel panel;
  panel.title = layer;
  panel.x_label = "block";
  panel.y_label = y_label;
  size_t blocks = 1;
  for (const ModelWeights& model : models) {
    plot::Line line = {model.name, {}};
    for (const WeightRow& row : model.rows) {
      if (row.layer != layer || row.block < 0) continue;
      // Blocks without the layer leave a gap.
      for (int block = static_cast<int>(line.points.size()); block <= row.block;
           ++block) {
        line.points.push_back(
            {1.0 * block, std::numeric_limits<double>::quiet_NaN()});
      }
      line.points.back().y = value(row);
    }
    blocks = std::max(blocks, line.points.size());
    panel.lines.push_back(std::move(line));
  }
  panel.x = plot::PositionScale(static_cast<int64_t>(blocks));
  return panel;
}

}  // namespace

std::string WeightScript(const std::vector<ModelWeights>& models) {
  const auto layers = LayersOf(models);
  if (layers.empty()) return "";
  plot::Figure figure;
  figure.columns = static_cast<int>(layers.size());
  figure.shared_legend = true;
  for (const std::string& layer : layers) {
    figure.panels.push_back(
        PanelOf(models, layer, "standard deviation",
                [](const WeightRow& row) { return row.statistics.std; }));
  }
  for (const std::string& layer : layers) {
    figure.panels.push_back(PanelOf(
        models, layer, "effective rank / full rank", [](const WeightRow& row) {
          return row.effective_rank / static_cast<double>(row.full_rank);
        }));
  }
  return plot::LineScript(figure);
}

}  // namespace wsel::analyze
