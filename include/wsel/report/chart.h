// Torch-free.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// Line colours, in order; further lines reuse them dashed. Okabe and Ito's
// palette, which is safe for colour-blind readers, with grey for the first row,
// which is usually the baseline.
inline constexpr std::array<const char*, 8> kChartColours = {
    "#6b6b6b", "#0072b2", "#d55e00", "#009e73",
    "#b4569a", "#b88300", "#3f9fd8", "#7a5c2e"};

// A learning curve: top-1 in percent over epochs, with a band of one standard
// deviation if there are several runs.
struct Series {
  std::string name;
  std::vector<CurvePoint> points;  // at least one
  bool unfinished = false;         // as Cell::unfinished
};

// The curves of one column of the report: of its rows that have one.
struct Chart {
  std::string title;  // "" if there is only one column
  std::vector<Series> series;
};

// One chart per column; columns without a curve are left out.
std::vector<Chart> Charts(const Report& report);

// An axis from `low` to `high` with ticks at every multiple of `step`.
struct Scale {
  double low = 0;
  double high = 1;
  double step = 1;
};

// Covers both values, which are finite and may be equal, in about `ticks` steps
// of 1, 2 or 5 times a power of ten.
Scale NiceScale(double low, double high, int ticks);

// The axes of a chart; that of top-1 includes the bands.
Scale EpochScale(const Chart& chart);
Scale Top1Scale(const Chart& chart);

// The CSS of charts, for the <style> of a page or of an SVG file; `dark` adds
// colours for readers who prefer a dark scheme.
std::string ChartStyle(bool dark);

// An <svg> element, 640 units wide; it needs ChartStyle.
std::string ChartSvg(const Chart& chart);

// A PNG of all charts, drawn by gnuplot. Errors: kIo if gnuplot is missing or
// fails; kMismatch without charts.
std::string ChartsPng(const std::vector<Chart>& charts,
                      const std::string& title);

}  // namespace wsel::report
