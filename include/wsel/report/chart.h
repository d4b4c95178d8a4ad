// Torch-free.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// Of the lines, in order; beyond these they are dashed. Okabe and Ito's, which
// colour-blind people can tell apart, with grey for the first row, which is
// the baseline more often than not.
inline constexpr std::array<const char*, 8> kChartColours = {
    "#6b6b6b", "#0072b2", "#d55e00", "#009e73",
    "#b4569a", "#b88300", "#3f9fd8", "#7a5c2e"};

// A learning curve: top-1 in percent over epochs, with a band of one standard
// deviation where there are several runs.
struct Series {
  std::string name;
  std::vector<CurvePoint> points;  // at least one
  bool under_way = false;          // of runs that are not finished
};

// The curves of a column of the report; its rows that have any.
struct Chart {
  std::string title;  // "" where there is one column
  std::vector<Series> series;
};

// A chart a column; those without a curve are left out.
std::vector<Chart> Charts(const Report& report);

// An axis from `low` to `high` with ticks at every multiple of `step`.
struct Scale {
  double low = 0;
  double high = 1;
  double step = 1;
};

// Holds both values, which are finite and may be equal, with about `ticks`
// steps of 1, 2 or 5 times a power of ten.
Scale NiceScale(double low, double high, int ticks);

// The scale of epochs and that of top-1, bands included.
Scale EpochScale(const Chart& chart);
Scale Top1Scale(const Chart& chart);

// How a chart's parts look; for a page's <style>, where `dark` adds the colours
// for who prefers them, or a picture's own.
std::string ChartStyle(bool dark);

// An <svg> element, 640 units wide, that needs ChartStyle.
std::string ChartSvg(const Chart& chart);

// A PNG of all charts, drawn by gnuplot. Errors: kIo where that is missing or
// fails.
std::string ChartsPng(const std::vector<Chart>& charts,
                      const std::string& title);

}  // namespace wsel::report
