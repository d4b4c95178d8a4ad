#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "colours.h"
#include "shared_legend.h"
#include "wsel/plot/gnuplot.h"
#include "wsel/plot/scripts.h"

namespace wsel::plot {
namespace {

// Pixels: of a panel with its labels; and, with a shared legend, around panels.
constexpr int kWidth = 720;
constexpr int kHeight = 480;
constexpr int kTitle = 40;
constexpr int kSmallWidth = 520;
constexpr int kSmallHeight = 400;
constexpr int kLeft = 95;
constexpr int kTop = 45;
constexpr int kUnder = 75;

bool IsShown(const Panel& panel, const Point& point) {
  return std::isfinite(point.y) && (point.y > 0 || !panel.log_scale);
}

// gnuplot's data block: x, y, and the band's edges; an empty line is a gap.
std::string Data(const std::string& name, const Panel& panel,
                 const Line& line) {
  std::string block = name + " << EOD\n";
  for (const Point& point : line.points) {
    const double half = point.deviation.value_or(0);
    block += IsShown(panel, point)
                 ? fmt::format("{} {} {} {}\n", point.x, point.y,
                               point.y - half, point.y + half)
                 : "\n";
  }
  return block + "EOD\n";
}

std::string Axes(const Panel& panel) {
  std::string script = fmt::format(
      "set title {}\nset xlabel {}\nset ylabel {}\n{} logscale y\n"
      "set xrange [{}:{}]\nset xtics {}\n",
      GnuplotText(panel.title), GnuplotText(panel.x_label),
      GnuplotText(panel.y_label), panel.log_scale ? "set" : "unset",
      panel.x.low, panel.x.high, panel.x.step);
  if (!panel.y) return script + "set yrange [*:*]\nset ytics autofreq\n";
  return script + fmt::format("set yrange [{}:{}]\nset ytics {}\n",
                              panel.y->low, panel.y->high, panel.y->step);
}

// The panel's data blocks and its plot command.
std::string Lines(const Panel& panel, size_t index, bool shared_legend) {
  std::string data;
  std::string plots;
  const auto add = [&](const std::string& plot) {
    plots += (plots.empty() ? "plot " : ", \\\n  ") + plot;
  };
  for (size_t i = 0; i < panel.lines.size(); ++i) {
    const Line& line = panel.lines[i];
    if (std::ranges::none_of(line.points, [&](const Point& point) {
          return IsShown(panel, point);
        })) {
      continue;
    }
    const std::string name = fmt::format("$d{}_{}", index, i);
    data += Data(name, panel, line);
    if (std::ranges::any_of(line.points, [](const Point& point) {
          return point.deviation.has_value();
        })) {
      add(
          fmt::format("{} using 1:3:4 with filledcurves lc rgb '{}' "
                      "fillstyle transparent solid 0.17 noborder notitle",
                      name, ColourOf(i)));
    }
    add(
        fmt::format("{} using 1:2 with linespoints lc rgb '{}' pt {} ps {} "
                    "lw 2 title {}",
                    name, ColourOf(i), MarkOf(i), shared_legend ? 1.1 : 0.5,
                    GnuplotText(line.name)));
  }
  // Without any value gnuplot would not draw axes.
  if (plots.empty()) return "set yrange [0.5:1.5]\nplot NaN notitle\n";
  return data + plots + "\n";
}

std::string Header(const Figure& figure, int rows) {
  return fmt::format(
      "set terminal pngcairo noenhanced size {},{}\n"
      "set multiplot layout {},{} title {} noenhanced\n"
      "set style line 100 linecolor rgb '#e3e3e3'\nset grid linestyle 100\n"
      "set key bottom right\n",
      figure.columns * kWidth, rows * kHeight + kTitle, rows, figure.columns,
      GnuplotText(figure.title));
}

std::string HeaderWithLegend(const Figure& figure, int rows) {
  const int width = figure.columns * kSmallWidth;
  const SharedLegend legend(figure.panels.front().lines, width);
  const int height = rows * kSmallHeight + legend.height();
  const auto x = [&](int pixels) { return 1.0 * pixels / width; };
  const auto y = [&](int pixels) { return 1.0 * pixels / height; };
  return fmt::format(
      "set terminal pngcairo noenhanced font 'sans,13' size {},{}\n"
      "set tics nomirror\nset grid lc rgb '#dddddd' lw 1\nset border 3\n"
      "unset key\n"
      "set multiplot layout {},{} margins screen {},{},{},{} "
      "spacing screen {},{}\n{}",
      width, height, rows, figure.columns, x(kLeft), 1 - x(25),
      y(legend.height() + kUnder), 1 - y(kTop), x(kLeft + 25), y(kTop + kUnder),
      legend.Script(height));
}

}  // namespace

std::string LineScript(const Figure& figure) {
  const auto panels = static_cast<int>(figure.panels.size());
  const int rows = (panels + figure.columns - 1) / figure.columns;
  std::string script = figure.shared_legend ? HeaderWithLegend(figure, rows)
                                            : Header(figure, rows);
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    script += Axes(figure.panels[i]) +
              Lines(figure.panels[i], i, figure.shared_legend);
    // A shared legend is drawn once, with the first panel.
    if (i == 0) script += "unset label\nunset arrow\n";
  }
  return script + "unset multiplot\n";
}

}  // namespace wsel::plot
