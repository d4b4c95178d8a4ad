#include <fmt/format.h>
#include <fmt/ranges.h>

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
    {"\u2026", "\\dots{}"},
};

std::string Escape(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    bool special = false;
    for (const auto& [from, to] : kSpecial) {
      if (!text.starts_with(from)) continue;
      escaped += to;
      text.remove_prefix(from.size());
      special = true;
      break;
    }
    if (special) continue;
    escaped += text.front();
    text.remove_prefix(1);
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
std::string Row(const std::vector<std::string>& cells) {
  return fmt::format("  {{}}{} \\\\\n", fmt::join(cells, " & "));
}

std::string Table(const Grid& grid) {
  std::vector<std::string> header;
  for (const std::string& title : grid.header) header.push_back(Escape(title));
  std::string captions = Escape(grid.title) + ".";
  for (const std::string& line : grid.captions) captions += " " + Escape(line);
  std::string text = fmt::format(
      "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n"
      "  \\begin{{tabular}}{{{}{}}}\n  \\toprule\n{}  \\midrule\n",
      captions, std::string(grid.labels, 'l'),
      std::string(grid.header.size() - grid.labels, 'c'), Row(header));
  for (const auto& row : grid.rows) {
    std::vector<std::string> cells;
    for (const GridText& cell : row) cells.push_back(CellText(cell));
    text += Row(cells);
  }
  return text + "  \\bottomrule\n  \\end{tabular}\n\\end{table}\n\n";
}

}  // namespace

std::string ToLatex(const Report& report) {
  std::string text = fmt::format(
      "% {}\n% Written by wsel {}; needs \\usepackage{{booktabs}} and, for "
      "special\n% characters in names, \\usepackage[T1]{{fontenc}}.\n\n",
      StatusLine(report), report.version);
  for (const Grid& grid : Grids(report)) text += Table(grid);
  return text;
}

}  // namespace wsel::report
