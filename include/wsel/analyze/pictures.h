// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsel::analyze {

// Scripts for gnuplot (core/gnuplot.h) that draw a grid of panels, filled row
// by row. Titles and names of lines may hold anything; axis labels are in
// gnuplot's enhanced text, where "W_q^T" has an index and an exponent.

// A matrix as colours, row 0 at the top.
struct HeatMap {
  std::string title;
  std::string x_label;
  std::string y_label;
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<float> values;  // [rows, columns]
  double low = 0;             // the values of the first and last colour
  double high = 1;
};

enum class Palette {
  kDiverging,   // blue, white, red
  kSequential,  // dark to bright, alike for the colour-blind
};

std::string HeatMapScript(const std::vector<HeatMap>& maps, int columns,
                          Palette palette);

// Lines over 0, 1, 2, ...; a value that is no number leaves a gap.
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

// There is a chart or more. The key, which names the lines, stands below the
// panels: charts share it, so line i of each belongs to the same thing.
std::string LineChartScript(const std::vector<LineChart>& charts, int columns);

// The value that a share of all |values| does not exceed; what is no number is
// left out. 0 where nothing is left.
double AbsoluteQuantile(std::vector<float> values, double share);

}  // namespace wsel::analyze
