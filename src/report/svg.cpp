#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "grid.h"
#include "wsel/core/escape_text.h"
#include "wsel/report/chart.h"
#include "wsel/report/formats.h"
#include "xml_text.h"

namespace wsel::report {
namespace {

// In SVG units. The legend is below the frame.
constexpr double kWidth = 640;
constexpr double kLeft = 56;
constexpr double kRight = kWidth - 14;
constexpr double kTop = 34;
constexpr double kBottom = 330;
constexpr double kLegendLine = 20;
constexpr double kCharacter = 7.6;  // approximate width
constexpr size_t kMaxMarkers = 40;  // curves with more points have no markers

// kChartColours for a dark background.
constexpr std::array<const char*, kChartColours.size()> kOnDark = {
    "#a8a8a8", "#4fa8e0", "#f08a3c", "#34c79c",
    "#e09ac4", "#f0c350", "#8fd0f5", "#c9a876"};

class Figure {
 public:
  explicit Figure(const Chart& chart)
      : chart_(chart), x_(EpochScale(chart)), y_(Top1Scale(chart)) {}

  double Height() const {
    const int lines = PlaceLegend([](size_t, double, int) {});
    return kBottom + 54 + lines * kLegendLine;
  }

  std::string Svg() const {
    std::string svg = fmt::format(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" "
        "viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Top-1 over epochs "
        "{}\">\n",
        kWidth, Height(), EscapeXml(chart_.title));
    svg += Text(kLeft, 18, "title", "start", chart_.title);
    svg += Axes();
    for (size_t i = 0; i < chart_.series.size(); ++i) svg += Curve(i);
    return svg + Legend() + "</svg>\n";
  }

 private:
  double X(double epoch) const {
    return kLeft + (epoch - x_.low) / (x_.high - x_.low) * (kRight - kLeft);
  }
  double Y(double top1) const {
    const double clamped = std::clamp(top1, y_.low, y_.high);
    return kBottom - (clamped - y_.low) / (y_.high - y_.low) * (kBottom - kTop);
  }

  static std::string Text(double x, double y, const char* kind,
                          const char* anchor, std::string_view text) {
    return fmt::format(
        "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"{}\">{}</text>\n",
        kind, x, y, anchor, EscapeXml(text));
  }

  static std::string Line(const char* kind, double x1, double y1, double x2,
                          double y2) {
    return fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" "
        "y2=\"{:.1f}\"/>\n",
        kind, x1, y1, x2, y2);
  }

  std::string Axes() const {
    std::string svg;
    const auto ticks = [](const Scale& scale, const auto& draw) {
      const auto first = static_cast<int>(scale.low / scale.step + 0.5);
      for (int i = first; i * scale.step <= scale.high * (1 + 1e-9); ++i) {
        draw(i * scale.step);
      }
    };
    ticks(y_, [&](double top1) {
      svg += Line("rule", kLeft, Y(top1), kRight, Y(top1));
      svg += Text(kLeft - 7, Y(top1) + 4, "tick", "end",
                  fmt::format("{:.5g}", top1));
    });
    ticks(x_, [&](double epoch) {
      svg += Line("mark", X(epoch), kBottom, X(epoch), kBottom + 4);
      svg += Text(X(epoch), kBottom + 19, "tick", "middle",
                  fmt::format("{:g}", epoch));
    });
    svg += Line("axis", kLeft, kBottom, kRight, kBottom);
    svg += Text((kLeft + kRight) / 2, kBottom + 38, "label", "middle", "epoch");
    return svg + Text(kLeft - 40, kTop - 12, "label", "start",
                      chart_.title.empty() ? "top-1 (%)" : "");
  }

  static std::string Kind(size_t i) {
    return fmt::format("s{} d{}", i % kChartColours.size(),
                       std::min<size_t>(2, i / kChartColours.size()));
  }

  std::string Band(const Series& series) const {
    std::string upper;
    std::string lower;
    for (const CurvePoint& point : series.points) {
      if (!point.top1.std) return "";
      const double x = X(static_cast<double>(point.epoch));
      const double half = *point.top1.std;
      upper += fmt::format("{:.1f},{:.1f} ", x, Y(point.top1.mean + half));
      lower.insert(0,
                   fmt::format("{:.1f},{:.1f} ", x, Y(point.top1.mean - half)));
    }
    return fmt::format("<polygon class=\"band\" points=\"{}{}\"/>\n", upper,
                       lower);
  }

  std::string Curve(size_t i) const {
    const Series& series = chart_.series[i];
    const CurvePoint& last = series.points.back();
    std::string svg = fmt::format(
        "<g class=\"{}\"><title>{}: {} % after epoch {}</title>\n", Kind(i),
        EscapeXml(series.name), MeanStdText(last.top1), last.epoch);
    svg += Band(series);
    std::string points;
    std::string marks;
    for (const CurvePoint& point : series.points) {
      const double x = X(static_cast<double>(point.epoch));
      const double y = Y(point.top1.mean);
      points += fmt::format("{:.1f},{:.1f} ", x, y);
      marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.3\"/>\n",
                           x, y);
    }
    svg += fmt::format("<polyline class=\"line{}\" points=\"{}\"/>\n",
                       series.unfinished ? " open" : "", points);
    return svg + (series.points.size() <= kMaxMarkers ? marks : "") + "</g>\n";
  }

  static std::string LegendName(const Series& series) {
    return EscapeText(series.name, 60) +
           (series.unfinished ? " (unfinished)" : "");
  }

  static double LegendWidth(const Series& series) {
    // Counts bytes, not characters: too wide is harmless.
    return 48 + kCharacter * static_cast<double>(LegendName(series).size());
  }

  // Calls draw(i, x, line) for each entry, left to right, wrapping lines;
  // returns the number of lines.
  template <typename Draw>
  int PlaceLegend(const Draw& draw) const {
    double x = kLeft;
    int line = 0;
    for (size_t i = 0; i < chart_.series.size(); ++i) {
      const double width = LegendWidth(chart_.series[i]);
      if (x > kLeft && x + width > kRight) {
        x = kLeft;
        ++line;
      }
      draw(i, x, line);
      x += width;
    }
    return line + 1;
  }

  std::string Legend() const {
    std::string svg;
    PlaceLegend([&](size_t i, double x, int line) {
      const double y = kBottom + 64 + line * kLegendLine;
      svg += fmt::format("<g class=\"{}\">{}</g>\n", Kind(i),
                         Line("line", x, y - 4, x + 20, y - 4));
      svg += Text(x + 26, y, "label", "start", LegendName(chart_.series[i]));
    });
    return svg;
  }

  const Chart& chart_;
  Scale x_;
  Scale y_;
};

std::string Colours(bool dark) {
  std::string css;
  for (size_t i = 0; i < kChartColours.size(); ++i) {
    css += fmt::format(".s{}{{--colour:{}}}\n", i,
                       dark ? kOnDark[i] : kChartColours[i]);
  }
  return css;
}

constexpr const char* kStyle = R"(.chart{font:14px system-ui,sans-serif}
.chart text{fill:var(--text,#1b1b1b)}
.chart .title{font-weight:600;font-size:16px}
.chart .tick,.chart .label{fill:var(--soft,#555)}
.chart .rule{stroke:var(--rule,#e3e3e3)}
.chart .axis,.chart .mark{stroke:var(--soft,#555)}
.chart .line{fill:none;stroke:var(--colour);stroke-width:2;stroke-linejoin:round}
.chart .open{stroke-opacity:.55}
.chart .band{fill:var(--colour);fill-opacity:.17}
.chart circle{fill:var(--colour)}
.d1 .line{stroke-dasharray:7 3}
.d2 .line{stroke-dasharray:2 3}
)";

}  // namespace

std::string ChartStyle(bool dark) {
  std::string css = kStyle + Colours(false);
  if (dark) {
    css +=
        fmt::format("@media screen and (prefers-color-scheme:dark){{\n{}}}\n",
                    Colours(true));
  }
  return css;
}

std::string ChartSvg(const Chart& chart) { return Figure(chart).Svg(); }

std::string ToSvg(const Report& report) {
  const auto charts = Charts(report);
  const double columns = charts.size() > 1 ? 2 : 1;
  const auto rows = static_cast<double>((charts.size() + 1) / 2);
  double height = 1;
  for (const Chart& chart : charts) {
    height = std::max(height, Figure(chart).Height());
  }
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\">\n<style>{2}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      columns * kWidth, std::max(1.0, rows) * height, ChartStyle(false));
  for (size_t i = 0; i < charts.size(); ++i) {
    svg += fmt::format(
        "<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\n{}</svg>\n",
        static_cast<double>(i % 2) * kWidth,
        static_cast<double>(i / 2) * height, kWidth, height,
        ChartSvg(charts[i]));
  }
  return svg + "</svg>\n";
}

}  // namespace wsel::report
