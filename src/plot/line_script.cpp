#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "wsel/core/escape_text.h"
#include "wsel/plot/gnuplot.h"
#include "wsel/plot/scripts.h"

namespace wsel::plot {
namespace {

// Of a panel with its labels and legend, in pixels.
constexpr int kWidth = 640;
constexpr int kHeight = 440;
constexpr int kTitle = 40;
constexpr size_t kMaxMarks = 40;  // lines with more points have no marks

// Okabe and Ito's palette, which is safe for colour-blind readers, with grey
// for the first line, which is usually the baseline.
constexpr std::array<const char*, 8> kColours = {
    "#6b6b6b", "#0072b2", "#d55e00", "#009e73",
    "#b4569a", "#b88300", "#3f9fd8", "#7a5c2e"};

std::string_view ColourOf(size_t line) {
  return kColours[line % kColours.size()];
}

// gnuplot's mark of a line, distinct in black and white. Marks shift when the
// colours repeat, so that 64 lines are distinct.
int MarkOf(size_t line) {
  constexpr std::array<int, kColours.size()> kMarks = {7, 5, 9, 13,
                                                       6, 4, 8, 12};
  return kMarks[(line + line / kColours.size()) % kMarks.size()];
}

// A colour with alpha: gnuplot's begins with the transparency.
std::string Pale(std::string_view colour) {
  return fmt::format("#73{}", colour.substr(1));
}

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
std::string Lines(const Panel& panel, size_t index) {
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
          fmt::format("{} using 1:3:4 with filledcurves lc rgb '{}' fillstyle "
                      "transparent solid 0.17 noborder notitle",
                      name, ColourOf(i)));
    }
    add(fmt::format(
        "{} using 1:2 with linespoints lc rgb '{}' pt {} ps {} lw 2 title {}",
        name, line.unfinished ? Pale(ColourOf(i)) : ColourOf(i), MarkOf(i),
        line.points.size() > kMaxMarks ? 0 : 0.6,
        GnuplotText(EscapeText(line.name, 60) +
                    (line.unfinished ? " (unfinished)" : ""))));
  }
  // Without any value gnuplot would not draw axes.
  if (plots.empty()) return "set yrange [0.5:1.5]\nplot NaN notitle\n";
  return data + plots + "\n";
}

}  // namespace

std::string LineScript(const Figure& figure, const std::string& terminal) {
  const auto panels = static_cast<int>(figure.panels.size());
  const int rows = (panels + figure.columns - 1) / figure.columns;
  std::string script = fmt::format(
      "set terminal {} noenhanced font 'sans,13' size {},{}\n"
      "set multiplot layout {},{} title {} noenhanced\n"
      "set tics nomirror\nset border 3\nset grid lc rgb '#e3e3e3' lt 1\n"
      "set key below\n",
      terminal, figure.columns * kWidth, rows * kHeight + kTitle, rows,
      figure.columns, GnuplotText(figure.title));
  for (size_t i = 0; i < figure.panels.size(); ++i) {
    script += Axes(figure.panels[i]) + Lines(figure.panels[i], i);
  }
  return script + "unset multiplot\n";
}

}  // namespace wsel::plot
