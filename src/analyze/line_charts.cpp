#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "tick_step.h"
#include "wsel/analyze/pictures.h"
#include "wsel/core/gnuplot.h"

namespace wsel::analyze {
namespace {

// Pixels: of a panel with its labels, around all panels, of the key.
constexpr int kWidth = 520;
constexpr int kHeight = 400;
constexpr int kLeft = 95;
constexpr int kTop = 45;
constexpr int kUnder = 75;
constexpr int kKeyLine = 26;
constexpr int kKeyMark = 80;
constexpr int kCharacter = 10;

// Okabe & Ito's colours, told apart by the colour-blind, and a mark for each,
// told apart in black and white.
constexpr std::array<std::string_view, 8> kColours = {
    "#000000", "#d55e00", "#0072b2", "#009e73",
    "#cc79a7", "#e69f00", "#56b4e9", "#999999"};
constexpr std::array<int, 8> kMarks = {7, 5, 9, 13, 6, 4, 8, 12};

std::string_view ColourOf(size_t line) {
  return kColours[line % kColours.size()];
}
// Where colours begin anew, marks do not: no two of 64 lines look alike.
int MarkOf(size_t line) {
  return kMarks[(line + line / kColours.size()) % kMarks.size()];
}

// An empty line is a gap.
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
  // Of no value at all gnuplot would make no axis.
  script += plots.empty() ? "set yrange [0.5:1.5]\n" : "set yrange [*:*]\n";
  return script + (plots.empty() ? "plot NaN" : plots) + "\n";
}

// Names of lines, each behind its mark, in rows below the panels. gnuplot's own
// key would be as wide as one panel.
class Key {
 public:
  Key(const std::vector<Line>& lines, int width)
      : lines_(lines), width_(width) {
    size_t longest = 1;
    for (const Line& line : lines) {
      longest = std::max(longest, line.name.size());
    }
    cell_ = kKeyMark + kCharacter * static_cast<int>(longest);
    const int count = std::max(static_cast<int>(lines.size()), 1);
    columns_ = std::clamp(width / cell_, 1, count);
    rows_ = (count + columns_ - 1) / columns_;
  }

  int height() const { return rows_ * kKeyLine + kKeyLine; }

  // Of a picture `height` pixels high.
  std::string Script(int height) const {
    const int left = (width_ - columns_ * cell_) / 2;
    const auto x = [&](int pixels) { return 1.0 * pixels / width_; };
    std::string script;
    for (size_t i = 0; i < lines_.size(); ++i) {
      const int cell = static_cast<int>(i);
      const int at = left + cell % columns_ * cell_;
      const int up = (rows_ - cell / columns_) * kKeyLine;
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
  const Key key(charts.front().lines, width);
  const int height = rows * kHeight + key.height();
  const auto x = [&](int pixels) { return 1.0 * pixels / width; };
  const auto y = [&](int pixels) { return 1.0 * pixels / height; };
  std::string script = fmt::format(
      "set terminal pngcairo enhanced font 'sans,13' size {},{}\n"
      "set tics nomirror\nset grid lc rgb '#dddddd' lw 1\nset border 3\n"
      "unset key\n"
      "set multiplot layout {},{} margins screen {},{},{},{} "
      "spacing screen {},{}\n{}",
      width, height, rows, columns, x(kLeft), 1 - x(25),
      y(key.height() + kUnder), 1 - y(kTop), x(kLeft + 25), y(kTop + kUnder),
      key.Script(height));
  for (size_t i = 0; i < charts.size(); ++i) {
    script += Panel(i, charts[i]);
    // The key is drawn once, with the first panel.
    if (i == 0) script += "unset label\nunset arrow\n";
  }
  return script + "unset multiplot\n";
}

}  // namespace wsel::analyze
