#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "grid.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

constexpr std::pair<std::string_view, std::string_view> kSpecial[] = {
    {"\\", "\\textbackslash{}"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"$", "\\$"},
    {"&", "\\&"},
    {"#", "\\#"},
    {"%", "\\%"},
    {"_", "\\_"},
    {"^", "\\textasciicircum{}"},
    {"~", "\\textasciitilde{}"},
    {"<", "\\textless{}"},
    {">", "\\textgreater{}"},
    {"|", "\\textbar{}"},
    {"\"", "\\textquotedbl{}"},
    {"\u00B1", "$\\pm$"},
    {"\u2191", "$\\uparrow$"},
    {"\u2193", "$\\downarrow$"},
    {"\u2212", "$-$"},
    {"\u2013", "--"},
    {"\u2026", "\\dots{}"}};

std::string Escape(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const auto special = std::ranges::find_if(
        kSpecial, [&](const auto& row) { return text.starts_with(row.first); });
    const bool found = special != std::end(kSpecial);
    escaped += found ? special->second : text.substr(0, 1);
    text.remove_prefix(found ? special->first.size() : 1);
  }
  return escaped;
}

std::string CellText(const GridText& cell) {
  std::string text = Escape(cell.text);
  if (cell.bold) text = fmt::format("\\textbf{{{}}}", text);
  if (!cell.remark.empty()) {
    text += fmt::format(" {{\\scriptsize ({})}}", Escape(cell.remark));
  }
  return text;
}

// The {} stops a cell that begins with a bracket from being parsed as an
// argument of the previous row's \\.
template <typename T>
std::string Row(const std::vector<T>& cells, const auto& text) {
  return fmt::format("  {{}}{} \\\\\n", Joined(cells, text, " & "));
}

std::string Table(const Grid& grid) {
  std::string captions = Escape(grid.title) + ".";
  for (const std::string& line : grid.captions) captions += " " + Escape(line);
  std::string text = fmt::format(
      "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n"
      "  \\begin{{tabular}}{{{}{}}}\n  \\toprule\n{}  \\midrule\n",
      captions, std::string(grid.labels, 'l'),
      std::string(grid.header.size() - grid.labels, 'c'),
      Row(grid.header, Escape));
  for (const auto& row : grid.rows) text += Row(row, CellText);
  return text + "  \\bottomrule\n  \\end{tabular}\n\\end{table}\n\n";
}

}  // namespace

std::string ToLatex(const Report& report) {
  // One line: EscapeText has replaced its line breaks.
  std::string text = report.experiment.about.empty()
                         ? ""
                         : fmt::format("% {}\n", report.experiment.about);
  text += fmt::format(
      "% {}\n% Written by wsel {}; needs \\usepackage{{booktabs}} and, for "
      "special\n% characters in names, \\usepackage[T1]{{fontenc}}.\n\n",
      StatusLine(report), report.version);
  for (const Grid& grid : Grids(report)) text += Table(grid);
  return text;
}

}  // namespace wsel::report
