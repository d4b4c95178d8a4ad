#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "grid.h"
#include "wsel/core/error.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

// The page's CSS: light or dark by the reader's preference; printed light,
// without page breaks inside table rows.
constexpr const char* kPageStyle = R"(:root{color-scheme:light dark;
--ground:#fff;--text:#1b1b1b;--soft:#5c5c5c;--rule:#e2e2e2;--strong:#1b1b1b;
--shade:#f5f6f7;--up:#00704f;--down:#b3261e}
@media screen and (prefers-color-scheme:dark){:root{--ground:#15171a;
--text:#e4e6e8;--soft:#a0a6ad;--rule:#30353b;--strong:#c8ccd0;--shade:#1e2226;
--up:#4fd0a4;--down:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:2rem 1.5rem 3rem;
background:var(--ground);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2.2rem 0 .6rem;overflow-wrap:anywhere}
p{margin:.4rem 0;max-width:46rem}
.status,.caption,.remark,footer{color:var(--soft)}
.caption,footer{font-size:.86rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;border-top:2px solid var(--strong);
border-bottom:2px solid var(--strong);font-variant-numeric:tabular-nums}
th,td{padding:.32rem .9rem;text-align:center;vertical-align:top}
thead th{border-bottom:1px solid var(--strong);font-weight:600}
tbody tr+tr>*{border-top:1px solid var(--rule)}
tbody th{font-weight:400}
.name{text-align:left;overflow-wrap:anywhere;min-width:8rem;max-width:26rem}
td:first-child,th:first-child{padding-left:.3rem}
.remark{font-size:.84rem;white-space:nowrap}
.up{color:var(--up)}.down{color:var(--down)}
.wide{font-size:.82rem}.wide td,.wide th{padding:.25rem .45rem;text-align:left}
.wide td{white-space:nowrap}
.wide td:last-child{white-space:normal;overflow-wrap:anywhere;min-width:9rem}
.chart svg{width:100%;height:auto}
pre{background:var(--shade);padding:.7rem .9rem;overflow-x:auto;
font:12px/1.45 ui-monospace,monospace;white-space:pre-wrap;
overflow-wrap:anywhere}
summary{cursor:pointer;overflow-wrap:anywhere}
code{overflow-wrap:anywhere;font-size:.92em}
footer{margin-top:2.5rem;border-top:1px solid var(--rule);padding-top:.7rem}
@media print{body{padding:0;max-width:none;font-size:10pt}
.scroll{overflow:visible}tr,.chart{break-inside:avoid}
h2{break-after:avoid}}
)";

constexpr size_t kWideTable = 9;  // columns from which the font is smaller

std::string EscapeXml(std::string_view text) {
  constexpr std::string_view kSpecial = "&<>\"'";
  constexpr std::array<std::string_view, 5> kEntities = {
      "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::string escaped;
  for (const char c : text) {
    const size_t i = kSpecial.find(c);
    escaped +=
        i == std::string_view::npos ? std::string_view(&c, 1) : kEntities[i];
  }
  return escaped;
}

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
  if (Charts(report).panels.empty()) return "";
  std::string chart;
  try {
    chart = ToSvg(report);
    chart.erase(0, chart.find("<svg"));
  } catch (const Error& error) {  // the tables do not need gnuplot
    chart = fmt::format("<p>{}</p>", EscapeXml(error.what()));
  }
  return fmt::format(
      "<section>\n<h2>{} (%) over epochs</h2>\n<div class=\"chart\">{}</div>"
      "\n<p class=\"caption\">Lines: means over seeds; bands: one standard "
      "deviation to either side. Points: epochs at which all runs of a line "
      "were evaluated.</p>\n</section>\n",
      ScoreTitle(report), chart);
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
        run::RunStates().NameOf(run.state), EscapeXml(run.error),
        EscapeXml(run.log_tail));
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
  const std::string about =
      report.experiment.about.empty()
          ? ""
          : fmt::format("<p>{}</p>\n", EscapeXml(report.experiment.about));
  // The policy blocks scripts and external resources, which the page never
  // uses.
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<header><h1>{0}</h1>\n{3}<p class=\"status\">{2}</p></header>\n",
      name, kPageStyle, EscapeXml(StatusLine(report)), about);
  html += Section(LastGrid(report)) + Curves(report) +
          Section(ComparisonGrid(report)) + Section(BestGrid(report)) +
          Section(TestGrid(report)) + Section(BalancedAccuracyGrid(report)) +
          Section(MacroF1Grid(report)) + Section(SubsetAccuracyGrid(report));
  for (const Grid& grid : EpochsToAccuracyGrids(report)) html += Section(grid);
  for (const Grid& grid : ConfusionGrids(report)) html += Section(grid);
  html += Section(DifferenceGrid(report)) + Section(UncountedRunsGrid(report)) +
          Failures(report) + NotesHtml(report) +
          Section(ProvenanceGrid(report));
  return html + fmt::format(
                    "<footer>wsel {}<br><code>{}</code></footer>\n"
                    "</body>\n</html>\n",
                    EscapeXml(report.version), EscapeXml(report.command));
}

}  // namespace wsel::report
