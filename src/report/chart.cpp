#include <algorithm>

#include "grid.h"
#include "wsel/core/error.h"
#include "wsel/plot/gnuplot.h"
#include "wsel/plot/scripts.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

plot::Line LineOf(const std::string& name, const Cell& cell) {
  plot::Line line = {name, {}, cell.unfinished};
  for (const CurvePoint& point : cell.curve) {
    line.points.push_back(
        {static_cast<double>(point.epoch), point.top1.mean, point.top1.std});
  }
  return line;
}

plot::Scale EpochScale(const plot::Panel& panel) {
  double last = 1;
  for (const plot::Line& line : panel.lines) {
    last = std::max(last, line.points.back().x);
  }
  plot::Scale scale = plot::NiceScale(0, last, 6);
  scale.step = std::max(1.0, scale.step);  // whole epochs only
  scale.high = last;                       // curves end at the frame
  return scale;
}

// Includes the bands.
plot::Scale Top1Scale(const plot::Panel& panel) {
  double low = 100;
  double high = 0;
  for (const plot::Line& line : panel.lines) {
    for (const plot::Point& point : line.points) {
      low = std::min(low, point.y - point.deviation.value_or(0));
      high = std::max(high, point.y + point.deviation.value_or(0));
    }
  }
  return plot::NiceScale(std::max(0.0, low), std::min(100.0, high), 6);
}

// `sign`: how the output begins, by which a missing terminal shows.
std::string Draw(const plot::Figure& figure, const char* terminal,
                 std::string_view sign) {
  if (figure.panels.empty()) {
    throw Error(ErrorKind::kMismatch, figure.title,
                "no run has a curve to draw");
  }
  const auto image = plot::RunGnuplot(plot::LineScript(figure, terminal));
  if (image && image->starts_with(sign)) return *image;
  throw Error(ErrorKind::kIo, "gnuplot", "{}",
              image ? "drew nothing: it needs the terminals pngcairo and svg, "
                      "as in the package gnuplot-nox"
                    : plot::kGnuplotIsMissing);
}

}  // namespace

plot::Figure Charts(const Report& report) {
  plot::Figure figure;
  figure.title = report.experiment.name;
  for (size_t column = 0; column < report.layout.columns.size(); ++column) {
    plot::Panel panel;
    panel.title = LabelOf(report.layout.columns[column]);
    panel.x_label = "epoch";
    panel.y_label = ScoreName(report) + " (%)";
    for (size_t row = 0; row < report.cells.size(); ++row) {
      const Cell& cell = report.cells[row][column];
      if (cell.curve.empty()) continue;
      panel.lines.push_back(LineOf(LabelOf(report.layout.rows[row]), cell));
    }
    if (panel.lines.empty()) continue;
    panel.x = EpochScale(panel);
    panel.y = Top1Scale(panel);
    figure.panels.push_back(std::move(panel));
  }
  figure.columns = figure.panels.size() > 1 ? 2 : 1;
  return figure;
}

std::string ToSvg(const Report& report) {
  return Draw(Charts(report), plot::kSvgTerminal, "<?xml");
}

std::string ToPng(const Report& report) {
  return Draw(Charts(report), plot::kPngTerminal, "\x89PNG");
}

}  // namespace wsel::report
