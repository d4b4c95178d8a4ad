#include "wsel/plot/svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "colours.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/xml_text.h"

namespace wsel::plot {
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

class PanelDrawing {
 public:
  explicit PanelDrawing(const Panel& panel)
      : panel_(panel), y_(panel.y.value_or(Scale{})) {}

  double Height() const {
    const int lines = PlaceLegend([](size_t, double, int) {});
    return kBottom + 54 + lines * kLegendLine;
  }

  std::string Svg() const {
    std::string svg = fmt::format(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" "
        "viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} {}\">\n",
        kWidth, Height(), EscapeXml(panel_.about), EscapeXml(panel_.title));
    svg += Text(kLeft, 18, "title", "start", panel_.title);
    svg += Axes();
    for (size_t i = 0; i < panel_.lines.size(); ++i) svg += Curve(i);
    return svg + Legend() + "</svg>\n";
  }

 private:
  double X(double x) const {
    const Scale& scale = panel_.x;
    return kLeft +
           (x - scale.low) / (scale.high - scale.low) * (kRight - kLeft);
  }
  double Y(double y) const {
    const double clamped = std::clamp(y, y_.low, y_.high);
    return kBottom - (clamped - y_.low) / (y_.high - y_.low) * (kBottom - kTop);
  }

  static std::string Text(double x, double y, const char* kind,
                          const char* anchor, std::string_view text) {
    return fmt::format(
        "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"{}\">{}</text>\n",
        kind, x, y, anchor, EscapeXml(text));
  }

  static std::string Segment(const char* kind, double x1, double y1, double x2,
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
    ticks(y_, [&](double y) {
      svg += Segment("rule", kLeft, Y(y), kRight, Y(y));
      svg += Text(kLeft - 7, Y(y) + 4, "tick", "end", fmt::format("{:.5g}", y));
    });
    ticks(panel_.x, [&](double x) {
      svg += Segment("mark", X(x), kBottom, X(x), kBottom + 4);
      svg += Text(X(x), kBottom + 19, "tick", "middle", fmt::format("{:g}", x));
    });
    svg += Segment("axis", kLeft, kBottom, kRight, kBottom);
    svg += Text((kLeft + kRight) / 2, kBottom + 38, "label", "middle",
                panel_.x_label);
    return svg + Text(kLeft - 40, kTop - 12, "label", "start",
                      panel_.title.empty() ? panel_.y_label : "");
  }

  static std::string Kind(size_t i) {
    return fmt::format("s{} d{}", i % kColours.size(),
                       std::min<size_t>(2, i / kColours.size()));
  }

  std::string Band(const Line& line) const {
    std::string upper;
    std::string lower;
    for (const Point& point : line.points) {
      if (!point.deviation) return "";
      const double x = X(point.x);
      upper += fmt::format("{:.1f},{:.1f} ", x, Y(point.y + *point.deviation));
      lower.insert(
          0, fmt::format("{:.1f},{:.1f} ", x, Y(point.y - *point.deviation)));
    }
    return fmt::format("<polygon class=\"band\" points=\"{}{}\"/>\n", upper,
                       lower);
  }

  std::string Curve(size_t i) const {
    const Line& line = panel_.lines[i];
    std::string svg =
        fmt::format("<g class=\"{}\"><title>{}: {}</title>\n", Kind(i),
                    EscapeXml(line.name), EscapeXml(line.about));
    svg += Band(line);
    std::string points;
    std::string marks;
    for (const Point& point : line.points) {
      const double x = X(point.x);
      const double y = Y(point.y);
      points += fmt::format("{:.1f},{:.1f} ", x, y);
      marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.3\"/>\n",
                           x, y);
    }
    svg += fmt::format("<polyline class=\"line{}\" points=\"{}\"/>\n",
                       line.unfinished ? " open" : "", points);
    return svg + (line.points.size() <= kMaxMarkers ? marks : "") + "</g>\n";
  }

  static std::string LegendName(const Line& line) {
    return EscapeText(line.name, 60) + (line.unfinished ? " (unfinished)" : "");
  }

  static double LegendWidth(const Line& line) {
    // Counts bytes, not characters: too wide is harmless.
    return 48 + kCharacter * static_cast<double>(LegendName(line).size());
  }

  // Calls draw(i, x, line) for each entry, left to right, wrapping lines;
  // returns the number of lines.
  template <typename Draw>
  int PlaceLegend(const Draw& draw) const {
    double x = kLeft;
    int line = 0;
    for (size_t i = 0; i < panel_.lines.size(); ++i) {
      const double width = LegendWidth(panel_.lines[i]);
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
                         Segment("line", x, y - 4, x + 20, y - 4));
      svg += Text(x + 26, y, "label", "start", LegendName(panel_.lines[i]));
    });
    return svg;
  }

  const Panel& panel_;
  Scale y_;
};

std::string Colours(bool dark) {
  std::string css;
  for (size_t i = 0; i < kColours.size(); ++i) {
    css += fmt::format(".s{}{{--colour:{}}}\n", i,
                       dark ? kColoursOnDark[i] : kColours[i]);
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

std::string SvgStyle(bool dark) {
  std::string css = kStyle + Colours(false);
  if (dark) {
    css +=
        fmt::format("@media screen and (prefers-color-scheme:dark){{\n{}}}\n",
                    Colours(true));
  }
  return css;
}

std::string PanelSvg(const Panel& panel) { return PanelDrawing(panel).Svg(); }

std::string FigureSvg(const Figure& figure) {
  const auto& panels = figure.panels;
  const auto columns = static_cast<size_t>(figure.columns);
  const size_t rows = (panels.size() + columns - 1) / columns;
  double height = 1;
  for (const Panel& panel : panels) {
    height = std::max(height, PanelDrawing(panel).Height());
  }
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\">\n<style>{2}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      figure.columns * kWidth,
      static_cast<double>(std::max<size_t>(1, rows)) * height, SvgStyle(false));
  for (size_t i = 0; i < panels.size(); ++i) {
    svg += fmt::format(
        "<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\n{}</svg>\n",
        static_cast<double>(i % columns) * kWidth,
        static_cast<double>(i / columns) * height, kWidth, height,
        PanelSvg(panels[i]));
  }
  return svg + "</svg>\n";
}

}  // namespace wsel::plot
