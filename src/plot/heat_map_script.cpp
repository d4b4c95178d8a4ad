#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "wsel/plot/gnuplot.h"
#include "wsel/plot/scripts.h"

namespace wsel::plot {
namespace {

// A panel's side in pixels: one pixel per cell, within these limits.
constexpr int kMinSide = 480;
constexpr int kMaxSide = 1100;

// ColorBrewer's RdBu and matplotlib's viridis; both print well.
constexpr std::string_view kRedBlue =
    "(-1 '#053061', -0.75 '#2166ac', -0.5 '#4393c3', -0.25 '#92c5de', 0 "
    "'#f7f7f7', 0.25 '#f4a582', 0.5 '#d6604d', 0.75 '#b2182b', 1 '#67001f')";
constexpr std::string_view kViridis =
    "(0 '#440154', 0.125 '#472c7a', 0.25 '#3b518b', 0.375 '#2c718e', 0.5 "
    "'#21908d', 0.625 '#27ad81', 0.75 '#5cc863', 0.875 '#aadc32', 1 '#fde725')";

// Positions of the panels, in pixels. Margins and fonts scale with the side.
struct Grid {
  int side = kMinSide;
  int columns = 1;
  int rows = 1;

  int Scaled(int pixels) const { return pixels * side / kMinSide; }
  int CellWidth() const { return side + Scaled(280); }
  int CellHeight() const { return side + Scaled(160); }
  int Width() const { return columns * CellWidth(); }
  int Height() const { return rows * CellHeight(); }

  // gnuplot's margins, as fractions of the plot, from the bottom.
  std::string Margins(int index) const {
    const int left = index % columns * CellWidth() + Scaled(130);
    const int top = Height() - index / columns * CellHeight() - Scaled(60);
    return fmt::format(
        "set lmargin at screen {}\nset rmargin at screen {}\n"
        "set bmargin at screen {}\nset tmargin at screen {}\n",
        1.0 * left / Width(), 1.0 * (left + side) / Width(),
        1.0 * (top - side) / Height(), 1.0 * top / Height());
  }
};

// Values follow the plot command in binary: exact, and without parsing.
std::string MapScript(const HeatMap& map) {
  std::string script = fmt::format(
      "set title {} noenhanced\nset xlabel {}\nset ylabel {}\n"
      "set xtics {}\nset ytics {}\n"
      "set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\nset cbrange [{}:{}]\n"
      "plot '-' binary array=({},{}) format='%float' endian=little "
      "with image notitle\n",
      GnuplotText(map.title), GnuplotText(map.x_label),
      GnuplotText(map.y_label), PositionScale(map.columns).step,
      PositionScale(map.rows).step, map.columns - 1, map.rows - 1, map.low,
      map.high, map.columns, map.rows);
  script.append(reinterpret_cast<const char*>(map.values.data()),
                map.values.size() * sizeof(float));
  return script;
}

}  // namespace

std::string HeatMapScript(const std::vector<HeatMap>& maps, int columns,
                          Palette palette) {
  int64_t largest = 0;
  for (const HeatMap& map : maps) {
    largest = std::max({largest, map.rows, map.columns});
  }
  const Grid grid = {
      static_cast<int>(std::clamp<int64_t>(largest, kMinSide, kMaxSide)),
      columns, (static_cast<int>(maps.size()) + columns - 1) / columns};
  std::string script = fmt::format(
      "set terminal pngcairo enhanced font 'sans,{}' size {},{}\n"
      "set palette defined {}\nset tics out nomirror\nset multiplot\n",
      grid.Scaled(16), grid.Width(), grid.Height(),
      palette == Palette::kDiverging ? kRedBlue : kViridis);
  for (size_t i = 0; i < maps.size(); ++i) {
    script += grid.Margins(static_cast<int>(i)) + MapScript(maps[i]);
  }
  return script + "\nunset multiplot\n";
}

double AbsoluteQuantile(std::vector<float> values, double q) {
  std::erase_if(values, [](float x) { return std::isnan(x); });
  if (values.empty()) return 0;
  for (float& x : values) x = std::abs(x);
  const auto at =
      static_cast<ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<size_t>(at)];
}

}  // namespace wsel::plot
