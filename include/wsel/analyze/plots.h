// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsel::analyze {

// gnuplot scripts (core/gnuplot.h) that draw a grid of panels, filled row by
// row. Titles and line names may be any text, which is drawn literally; axis
// labels are gnuplot's enhanced text: "W_q^T" has a subscript and a
// superscript.

// A matrix as colours, row 0 at the top.
struct HeatMap {
  std::string title;
  std::string x_label;
  std::string y_label;
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<float> values;  // [rows, columns]
  double low = 0;             // the value of the first colour
  double high = 1;            // and of the last
};

enum class Palette {
  kDiverging,   // blue, white, red
  kSequential,  // dark to bright, also for colour-blind readers
};

std::string HeatMapScript(const std::vector<HeatMap>& maps, int columns,
                          Palette palette);

// A line over x = 0, 1, 2, ...; a value that is NaN or infinite leaves a gap.
struct Line {
  std::string name;
  std::vector<double> values;
};

struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  bool log_scale = false;  // for values above 0
  std::vector<Line> lines;
};

// At least one chart. All charts share one legend, below the panels, with the
// first chart's line names: line i must mean the same in each.
std::string LineChartScript(const std::vector<LineChart>& charts, int columns);

// The lower `q` quantile of |values|, ignoring NaN; 0 if nothing is left.
double AbsoluteQuantile(std::vector<float> values, double q);

}  // namespace wsel::analyze
