// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/plot/figure.h"

namespace wsel::plot {

// gnuplot scripts (gnuplot.h).

inline constexpr const char* kPngTerminal = "pngcairo";
// Scales with the page or window that shows it.
inline constexpr const char* kSvgTerminal = "svg dynamic background '#ffffff'";

std::string LineScript(const Figure& figure,
                       const std::string& terminal = kPngTerminal);

// A matrix as colours, drawn as a PNG, row 0 at the top. Its title is drawn
// literally; axis labels are gnuplot's enhanced text: "W_q^T" has a subscript
// and a superscript.
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

// The maps in a grid, row by row.
std::string HeatMapScript(const std::vector<HeatMap>& maps, int columns,
                          Palette palette);

// The lower `q` quantile of |values|, ignoring NaN; 0 if nothing is left.
double AbsoluteQuantile(std::vector<float> values, double q);

}  // namespace wsel::plot
