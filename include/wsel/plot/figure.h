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
  std::string about = "";   // shown in an SVG below the pointer
  bool unfinished = false;  // pale
};

// Lines over common axes. All texts are drawn literally.
struct Panel {
  std::string title;
  std::string about = "";  // of the whole panel, for screen readers
  std::string x_label;
  std::string y_label;
  std::vector<Line> lines;
  Scale x;
  std::optional<Scale> y = std::nullopt;  // empty: by the values
  bool log_scale = false;                 // of y, for values above 0
};

// Panels in a grid, row by row.
struct Figure {
  std::string title;          // "": none
  std::vector<Panel> panels;  // at least one
  int columns = 1;
  // One legend below all panels, with the first one's names: line i must mean
  // the same in each. Otherwise each panel has its own.
  bool shared_legend = false;
};

}  // namespace wsel::plot
