#include "shared_legend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "colours.h"
#include "wsel/plot/gnuplot.h"

namespace wsel::plot {
namespace {

// Pixels.
constexpr int kLegendLine = 26;
constexpr int kLegendMark = 80;
constexpr int kCharacter = 10;

}  // namespace

int MarkOf(size_t line) {
  constexpr std::array<int, kColours.size()> kMarks = {7, 5, 9, 13,
                                                       6, 4, 8, 12};
  return kMarks[(line + line / kColours.size()) % kMarks.size()];
}

SharedLegend::SharedLegend(const std::vector<Line>& lines, int width)
    : lines_(lines), width_(width) {
  size_t longest = 1;
  for (const Line& line : lines) longest = std::max(longest, line.name.size());
  cell_ = kLegendMark + kCharacter * static_cast<int>(longest);
  const int count = std::max(static_cast<int>(lines.size()), 1);
  columns_ = std::clamp(width / cell_, 1, count);
  rows_ = (count + columns_ - 1) / columns_;
}

int SharedLegend::height() const { return rows_ * kLegendLine + kLegendLine; }

std::string SharedLegend::Script(int height) const {
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

}  // namespace wsel::plot
