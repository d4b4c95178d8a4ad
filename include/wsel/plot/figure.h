// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wsel::plot {

// An axis from `low` to `high` with ticks at every multiple of `step`.
struct Scale {
  double low = 0;
  double high = 1;
  double step = 1;
};

// Covers both values, which are finite and may be equal, in about `ticks` steps
// of 1, 2 or 5 times a power of ten.
Scale NiceScale(double low, double high, int ticks);

// For whole numbers from 0 to count - 1: a little wider, at most seven ticks.
Scale PositionScale(int64_t count);

// A `y` that is NaN or infinite leaves a gap.
struct Point {
  double x = 0;
  double y = 0;
  // Half the height of the band around it.
  std::optional<double> deviation = std::nullopt;
};

struct Line {
  std::string name;
  std::vector<Point> points;
  bool unfinished = false;  // pale, and said in the legend
};

// Lines over common axes. All texts are drawn literally.
struct Panel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Line> lines;
  Scale x;
  std::optional<Scale> y = std::nullopt;  // empty: by the values
  bool log_scale = false;                 // of y, for values above 0
};

// Panels in a grid, row by row, each with its own legend.
struct Figure {
  std::string title;          // "": none
  std::vector<Panel> panels;  // at least one
  int columns = 1;
};

}  // namespace wsel::plot
