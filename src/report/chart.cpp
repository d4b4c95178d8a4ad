#include "wsel/report/chart.h"

#include <algorithm>
#include <cmath>

namespace wsel::report {

std::vector<Chart> Charts(const Report& report) {
  std::vector<Chart> charts;
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    Chart chart = {LabelOf(report.layout.columns[column]), {}};
    for (size_t row = 0; row < report.cells.size(); ++row) {
      const Cell& cell = report.cells[row][column];
      if (cell.curve.empty()) continue;
      chart.series.push_back(
          {LabelOf(report.layout.rows[row]), cell.curve, cell.unfinished});
    }
    if (!chart.series.empty()) charts.push_back(std::move(chart));
  }
  return charts;
}

Scale NiceScale(double low, double high, int ticks) {
  // Absorbs rounding: multiples of 0.1 are not exact, which could add or drop a
  // tick.
  constexpr double kSlack = 1e-9;
  if (high <= low) high = low + 1;
  const double rough = (high - low) / ticks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - kSlack)) {
      step = factor * power;
      break;
    }
  }
  return {std::floor(low / step + kSlack) * step,
          std::ceil(high / step - kSlack) * step, step};
}

Scale EpochScale(const Chart& chart) {
  double last = 1;
  for (const Series& series : chart.series) {
    last = std::max(last, static_cast<double>(series.points.back().epoch));
  }
  Scale scale = NiceScale(0, last, 6);
  scale.step = std::max(1.0, scale.step);  // whole epochs only
  scale.high = last;                       // curves end at the frame
  return scale;
}

Scale Top1Scale(const Chart& chart) {
  double low = 100;
  double high = 0;
  for (const Series& series : chart.series) {
    for (const CurvePoint& point : series.points) {
      const double half = point.top1.std.value_or(0);
      low = std::min(low, point.top1.mean - half);
      high = std::max(high, point.top1.mean + half);
    }
  }
  return NiceScale(std::max(0.0, low), std::min(100.0, high), 6);
}

}  // namespace wsel::report
