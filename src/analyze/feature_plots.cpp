#include <algorithm>
#include <functional>

#include "wsel/analyze/feature_table.h"
#include "wsel/plot/scripts.h"

namespace wsel::analyze {
namespace {

plot::Panel PanelOf(const std::vector<ModelFeatures>& models,
                    const std::string& title, const std::string& y_label,
                    const std::function<double(const BlockRow&)>& value) {
  plot::Panel panel;
  panel.title = title;
  panel.x_label = "blocks passed";
  panel.y_label = y_label;
  size_t longest = 1;
  for (const ModelFeatures& model : models) {
    plot::Line line = {model.name, {}};
    for (const BlockRow& row : model.rows) {
      line.points.push_back(
          {static_cast<double>(line.points.size()), value(row)});
    }
    longest = std::max(longest, line.points.size());
    panel.lines.push_back(std::move(line));
  }
  panel.x = plot::PositionScale(static_cast<int64_t>(longest));
  return panel;
}

}  // namespace

std::string DepthScript(const std::vector<ModelFeatures>& models) {
  plot::Panel rms = PanelOf(models, "scale of activations", "root mean square",
                            [](const BlockRow& row) { return row.rms; });
  rms.log_scale = true;
  const plot::Panel rank =
      PanelOf(models, "rank of features", "effective rank / width",
              [](const BlockRow& row) {
                return row.effective_rank / static_cast<double>(row.width);
              });
  return plot::LineScript({"", {rms, rank}, 2, /*shared_legend=*/true});
}

// The teacher's blocks are the rows, the model's are the columns.
std::string SimilarityScript(const std::vector<ModelFeatures>& models,
                             const ModelFeatures& teacher) {
  std::vector<plot::HeatMap> maps;
  for (const ModelFeatures& model : models) {
    plot::HeatMap map;
    map.title = model.name;
    map.x_label = "blocks passed";
    map.y_label = "blocks passed in the teacher";
    map.rows = static_cast<int64_t>(teacher.rows.size());
    map.columns = static_cast<int64_t>(model.rows.size());
    for (size_t i = 0; i < teacher.rows.size(); ++i) {
      for (const BlockRow& row : model.rows) {
        map.values.push_back(static_cast<float>(row.cka[i]));
      }
    }
    maps.push_back(std::move(map));
  }
  return plot::HeatMapScript(maps, std::min(static_cast<int>(maps.size()), 3),
                             plot::Palette::kSequential);
}

}  // namespace wsel::analyze
