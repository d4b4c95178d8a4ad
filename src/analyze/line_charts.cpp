#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "tick_step.h"
#include "wsel/analyze/plots.h"
#include "wsel/core/gnuplot.h"

namespace wsel::analyze {
namespace {

// Pixels: of a panel with its labels, around all panels, of the legend.
constexpr int kWidth = 520;
constexpr int kHeight = 400;
constexpr int kLeft = 95;
constexpr int kTop = 45;
constexpr int kUnder = 75;
constexpr int kLegendLine = 26;
constexpr int kLegendMark = 80;
constexpr int kCharacter = 10;

// Okabe & Ito's colours, distinct for colour-blind readers, with a mark for
// each, distinct in black and white.
constexpr std::array<std::string_view, 8> kColours = {
    "#000000", "#d55e00", "#0072b2", "#009e73",
    "#cc79a7", "#e69f00", "#56b4e9", "#999999"};
constexpr std::array<int, 8> kMarks = {7, 5, 9, 13, 6, 4, 8, 12};

std::string_view ColourOf(size_t line) {
  return kColours[line % kColours.size()];
}
// Marks shift when the colours repeat, so that 64 lines are distinct.
int MarkOf(size_t line) {
  return kMarks[(line + line / kColours.size()) % kMarks.size()];
}

// gnuplot's data block; an empty line is a gap.
std::string Data(const std::string& name, const Line& line, bool log_scale) {
  std::string block = name + " << EOD\n";
  for (size_t x = 0; x < line.values.size(); ++x) {
    const double y = line.values[x];
    const bool shown = std::isfinite(y) && (y > 0 || !log_scale);
    block += shown ? fmt::format("{} {}\n", x, y) : "\n";
  }
  return block + "EOD\n";
}

bool HasPoints(const Line& line, bool log_scale) {
  return std::ranges::any_of(line.values, [&](double y) {
    return std::isfinite(y) && (y > 0 || !log_scale);
  });
}

size_t Longest(const LineChart& chart) {
  size_t longest = 1;
  for (const Line& line : chart.lines) {
    longest = std::max(longest, line.values.size());
  }
  return longest;
}

std::string Panel(size_t index, const LineChart& chart) {
  const size_t longest = Longest(chart);
  std::string script = fmt::format(
      "set title {} noenhanced\nset xlabel {}\nset ylabel {}\n"
      "{} logscale y\nset xrange [-0.4:{}.4]\nset xtics {}\n",
      GnuplotText(chart.title), GnuplotText(chart.x_label),
      GnuplotText(chart.y_label), chart.log_scale ? "set" : "unset",
      longest - 1, TickStep(static_cast<int64_t>(longest)));
  std::string plots;
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    if (!HasPoints(line, chart.log_scale)) continue;
    const std::string name = fmt::format("$d{}_{}", index, i);
    script += Data(name, line, chart.log_scale);
    plots +=
        fmt::format("{} {} with linespoints lc rgb '{}' pt {} ps 1.1 lw 2",
                    plots.empty() ? "plot" : ",", name, ColourOf(i), MarkOf(i));
  }
  // Without any value gnuplot would not draw axes.
  script += plots.empty() ? "set yrange [0.5:1.5]\n" : "set yrange [*:*]\n";
  return script + (plots.empty() ? "plot NaN" : plots) + "\n";
}

// The legend: rows of marks with line names, below the panels. gnuplot's own
// key would be limited to the width of one panel.
class Legend {
 public:
  Legend(const std::vector<Line>& lines, int width)
      : lines_(lines), width_(width) {
    size_t longest = 1;
    for (const Line& line : lines) {
      longest = std::max(longest, line.name.size());
    }
    cell_ = kLegendMark + kCharacter * static_cast<int>(longest);
    const int count = std::max(static_cast<int>(lines.size()), 1);
    columns_ = std::clamp(width / cell_, 1, count);
    rows_ = (count + columns_ - 1) / columns_;
  }

  int height() const { return rows_ * kLegendLine + kLegendLine; }

  // For a plot that is `height` pixels high.
  std::string Script(int height) const {
    const int left = (width_ - columns_ * cell_) / 2;
    const auto x = [&](int pixels) { return 1.0 * pixels / width_; };
    std::string script;
    for (size_t i = 0; i < lines_.size(); ++i) {
      const int cell = static_cast<int>(i);
      const int at = left + cell % columns_ * cell_;
      const int up = (rows_ - cell / columns_) * kLegendLine;
      const double y = 1.0 * up / height;
      script += fmt::format(
          "set arrow from screen {0},{2} to screen {1},{2} nohead lw 2 "
          "lc rgb '{3}'\n"
          "set label '' at screen {4},{2} point pt {5} ps 1.1 lc rgb '{3}'\n"
          "set label {6} at screen {7},{2} noenhanced\n",
          x(at), x(at + 40), y, ColourOf(i), x(at + 20), MarkOf(i),
          GnuplotText(lines_[i].name), x(at + 50));
    }
    return script;
  }

 private:
  const std::vector<Line>& lines_;
  int width_;
  int cell_ = 0;
  int columns_ = 1;
  int rows_ = 1;
};

}  // namespace

std::string LineChartScript(const std::vector<LineChart>& charts, int columns) {
  const int rows = (static_cast<int>(charts.size()) + columns - 1) / columns;
  const int width = columns * kWidth;
  const Legend legend(charts.front().lines, width);
  const int height = rows * kHeight + legend.height();
  const auto x = [&](int pixels) { return 1.0 * pixels / width; };
  const auto y = [&](int pixels) { return 1.0 * pixels / height; };
  std::string script = fmt::format(
      "set terminal pngcairo enhanced font 'sans,13' size {},{}\n"
      "set tics nomirror\nset grid lc rgb '#dddddd' lw 1\nset border 3\n"
      "unset key\n"
      "set multiplot layout {},{} margins screen {},{},{},{} "
      "spacing screen {},{}\n{}",
      width, height, rows, columns, x(kLeft), 1 - x(25),
      y(legend.height() + kUnder), 1 - y(kTop), x(kLeft + 25), y(kTop + kUnder),
      legend.Script(height));
  for (size_t i = 0; i < charts.size(); ++i) {
    script += Panel(i, charts[i]);
    // The legend is drawn once, with the first panel.
    if (i == 0) script += "unset label\nunset arrow\n";
  }
  return script + "unset multiplot\n";
}

}  // namespace wsel::analyze
