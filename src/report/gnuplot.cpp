#include "wsel/core/gnuplot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/core/error.h"
#include "wsel/report/chart.h"

namespace wsel::report {
namespace {

std::string DataOf(const Series& series, size_t number) {
  std::string data = fmt::format("$series{} << EOD\n", number);
  for (const CurvePoint& point : series.points) {
    const double half = point.top1.std.value_or(0);
    data += fmt::format("{} {} {} {}\n", point.epoch, point.top1.mean,
                        point.top1.mean - half, point.top1.mean + half);
  }
  return data + "EOD\n";
}

std::string PlotOf(const Chart& chart, size_t first) {
  const Scale y = Top1Scale(chart);
  std::string script = fmt::format(
      "set title {}\nset yrange [{}:{}]\nset xrange [0:{}]\n",
      GnuplotText(chart.title), y.low, y.high, EpochScale(chart).high);
  std::vector<std::string> curves;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const size_t number = first + i;
    const size_t colour = i % kChartColours.size() + 1;
    curves.push_back(fmt::format(
        "$series{} using 1:3:4 with filledcurves linetype {} fillstyle "
        "transparent solid 0.17 noborder notitle",
        number, colour));
    curves.push_back(
        fmt::format("$series{} using 1:2 with linespoints linetype {} "
                    "linewidth 2 pointtype 7 pointsize 0.5 title {}",
                    number, colour, GnuplotText(chart.series[i].name)));
  }
  return script + fmt::format("plot {}\n", fmt::join(curves, ", \\\n  "));
}

std::string Script(const std::vector<Chart>& charts, const std::string& title) {
  const size_t columns = charts.size() > 1 ? 2 : 1;
  const size_t rows = (charts.size() + 1) / 2;
  std::string script = fmt::format(
      "set terminal pngcairo noenhanced size {},{}\n"
      "set multiplot layout {},{} title {} noenhanced\n"
      "set style line 100 linecolor rgb '#e3e3e3'\nset grid linestyle 100\n"
      "set key bottom right\nset xlabel 'epoch'\nset ylabel 'top-1 (%)'\n",
      columns * 720, rows * 480 + 40, rows, columns, GnuplotText(title));
  for (size_t i = 0; i < kChartColours.size(); ++i) {
    script += fmt::format("set linetype {} linecolor rgb '{}'\n", i + 1,
                          kChartColours[i]);
  }
  size_t number = 0;
  for (const Chart& chart : charts) {
    const size_t first = number;
    for (const Series& series : chart.series) {
      script += DataOf(series, number++);
    }
    script += PlotOf(chart, first);
  }
  return script + "unset multiplot\n";
}

}  // namespace

std::string ChartsPng(const std::vector<Chart>& charts,
                      const std::string& title) {
  if (charts.empty()) {
    throw Error(ErrorKind::kMismatch, title, "no run has a curve to draw");
  }
  const auto png = RunGnuplot(Script(charts, title));
  if (png && png->starts_with("\x89PNG")) return *png;
  throw Error(ErrorKind::kIo, "gnuplot",
              fmt::format("{}; .svg does not need it",
                          png ? "drew no PNG: it needs the terminal pngcairo, "
                                "as in the package gnuplot-nox"
                              : kGnuplotIsMissing));
}

}  // namespace wsel::report
