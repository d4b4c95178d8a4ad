#include <algorithm>
#include <functional>

#include "wsel/analyze/feature_table.h"
#include "wsel/analyze/plots.h"

namespace wsel::analyze {
namespace {

LineChart Chart(const std::vector<ModelFeatures>& models,
                const std::string& title, const std::string& y_label,
                const std::function<double(const BlockRow&)>& value) {
  LineChart chart;
  chart.title = title;
  chart.x_label = "blocks passed";
  chart.y_label = y_label;
  for (const ModelFeatures& model : models) {
    Line line = {model.name, {}};
    for (const BlockRow& row : model.rows) line.values.push_back(value(row));
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

}  // namespace

std::string DepthScript(const std::vector<ModelFeatures>& models) {
  LineChart rms = Chart(models, "scale of activations", "root mean square",
                        [](const BlockRow& row) { return row.rms; });
  rms.log_scale = true;
  const LineChart rank =
      Chart(models, "rank of features", "effective rank / width",
            [](const BlockRow& row) {
              return row.effective_rank / static_cast<double>(row.width);
            });
  return LineChartScript({rms, rank}, 2);
}

// The teacher's blocks are the rows, the model's are the columns.
std::string SimilarityScript(const std::vector<ModelFeatures>& models,
                             const ModelFeatures& teacher) {
  std::vector<HeatMap> maps;
  for (const ModelFeatures& model : models) {
    HeatMap map;
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
  return HeatMapScript(maps, std::min(static_cast<int>(maps.size()), 3),
                       Palette::kSequential);
}

}  // namespace wsel::analyze
