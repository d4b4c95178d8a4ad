#include <fmt/format.h>
#include <fmt/ranges.h>

#include "grid.h"
#include "html_style.h"
#include "wsel/core/xml_text.h"
#include "wsel/plot/svg.h"
#include "wsel/report/chart.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

constexpr size_t kWideTable = 9;  // columns from which the font is smaller

// Coloured as the arrow points: up is better.
const char* RemarkKind(const std::string& remark) {
  if (remark.starts_with("\u2191")) return "remark up";
  if (remark.starts_with("\u2193")) return "remark down";
  return "remark";
}

std::string CellHtml(const GridText& cell, bool is_label) {
  std::string text = EscapeXml(cell.text);
  if (cell.bold) text = fmt::format("<b>{}</b>", text);
  if (!cell.remark.empty()) {
    text += fmt::format(" <span class=\"{}\">{}</span>",
                        RemarkKind(cell.remark), EscapeXml(cell.remark));
  }
  return is_label
             ? fmt::format("<th class=\"name\" scope=\"row\">{}</th>", text)
             : fmt::format("<td>{}</td>", text);
}

std::string Table(const Grid& grid) {
  std::string html =
      fmt::format("<div class=\"scroll\"><table{}>\n<thead><tr>",
                  grid.header.size() >= kWideTable ? " class=\"wide\"" : "");
  for (size_t i = 0; i < grid.header.size(); ++i) {
    html += fmt::format("<th{} scope=\"col\">{}</th>",
                        i < grid.labels ? " class=\"name\"" : "",
                        EscapeXml(grid.header[i]));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : grid.rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      html += CellHtml(row[i], i < grid.labels);
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (grid.captions.empty()) return html;
  return html +
         fmt::format("<p class=\"caption\">{}</p>\n",
                     EscapeXml(fmt::to_string(fmt::join(grid.captions, " "))));
}

std::string Section(const Grid& grid) {
  if (grid.rows.empty()) return "";
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n",
                     EscapeXml(grid.title), Table(grid));
}

std::string Curves(const Report& report) {
  const auto charts = Charts(report).panels;
  if (charts.empty()) return "";
  std::string html = fmt::format(
      "<section>\n<h2>Top-1 (%) over epochs</h2>\n<div class=\"charts{}\">\n",
      charts.size() == 1 ? " one" : "");
  for (const plot::Panel& chart : charts) {
    html += fmt::format("<figure style=\"margin:0\">{}</figure>\n",
                        plot::PanelSvg(chart));
  }
  return html +
         "</div>\n<p class=\"caption\">Lines: means over seeds; bands: one "
         "standard deviation to either side. Points: epochs at which all runs "
         "of a line were evaluated.</p>\n</section>\n";
}

// Errors and last output of failed runs; the table above has only the first
// line.
std::string Failures(const Report& report) {
  std::string html;
  for (const Run& run : report.experiment.runs) {
    if (run.state == RunState::kFinished || run.is_alias) continue;
    if (run.error.empty() && run.log_tail.empty()) continue;
    html += fmt::format(
        "<details{}><summary>{}, {}</summary>\n<pre>{}\n{}</pre></details>\n",
        run.state == RunState::kFailed ? " open" : "", EscapeXml(run.path_text),
        NameOf(run.state), EscapeXml(run.error), EscapeXml(run.log_tail));
  }
  return html;
}

std::string NotesHtml(const Report& report) {
  std::string html;
  for (const std::string& note : Notes(report)) {
    html += fmt::format("<li>{}</li>\n", EscapeXml(note));
  }
  if (html.empty()) return "";
  return fmt::format("<section>\n<h2>Notes</h2>\n<ul>\n{}</ul>\n</section>\n",
                     html);
}

}  // namespace

std::string ToHtml(const Report& report) {
  const std::string name = EscapeXml(report.experiment.name);
  // The policy blocks scripts and external resources, which the page never
  // uses.
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>{0}</title>\n<style>{1}{2}</style>\n</head>\n<body>\n"
      "<header><h1>{0}</h1>\n<p class=\"status\">{3}</p></header>\n",
      name, kPageStyle, plot::SvgStyle(true), EscapeXml(StatusLine(report)));
  html += Section(LastGrid(report)) + Curves(report) +
          Section(ComparisonGrid(report)) + Section(BestGrid(report));
  for (const Grid& grid : EpochsToAccuracyGrids(report)) html += Section(grid);
  html += Section(DifferenceGrid(report)) + Section(UncountedRunsGrid(report)) +
          Failures(report) + NotesHtml(report) +
          Section(ProvenanceGrid(report));
  return html + fmt::format(
                    "<footer>wsel {}<br><code>{}</code></footer>\n"
                    "</body>\n</html>\n",
                    EscapeXml(report.version), EscapeXml(report.command));
}

}  // namespace wsel::report
