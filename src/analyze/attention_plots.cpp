#include <cmath>

#include "wsel/analyze/attention_products.h"
#include "wsel/plot/scripts.h"

namespace wsel::analyze {
namespace {

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

}  // namespace wsel::analyze
