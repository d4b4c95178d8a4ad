#include <fmt/format.h>

#include "grid.h"
#include "wsel/report/formats.h"

namespace wsel::report {
namespace {

// A name must not end a cell or begin a link.
std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\`*|<>[]&~").find(c) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

std::string CellText(const GridText& cell) {
  std::string text = Escape(cell.text);
  if (cell.bold) text = "**" + text + "**";
  if (!cell.remark.empty()) text += fmt::format(" ({})", Escape(cell.remark));
  return text;
}

template <typename T>
std::string Row(const std::vector<T>& cells, const auto& text) {
  return fmt::format("| {} |\n", Joined(cells, text, " | "));
}

std::string Table(const Grid& grid) {
  std::string text =
      fmt::format("## {}\n\n{}|", Escape(grid.title), Row(grid.header, Escape));
  for (size_t i = 0; i < grid.header.size(); ++i) text += "---|";
  text += '\n';
  for (const auto& row : grid.rows) text += Row(row, CellText);
  if (grid.captions.empty()) return text + '\n';
  text += '\n';
  for (const std::string& line : grid.captions) text += Escape(line) + '\n';
  return text + '\n';
}

// A code span; the text may contain backticks.
std::string Code(std::string_view text) {
  if (text.find('`') == std::string_view::npos) {
    return fmt::format("`{}`", text);
  }
  return fmt::format("`` {} ``", text);
}

}  // namespace

std::string ToMarkdown(const Report& report) {
  std::string text = fmt::format("# {}\n\n", Escape(report.experiment.name));
  if (!report.experiment.about.empty()) {
    text += Escape(report.experiment.about) + "\n\n";
  }
  text += StatusLine(report) + "\n\n";
  for (const Grid& grid : Grids(report)) text += Table(grid);
  for (const std::string& note : Notes(report)) {
    text += fmt::format("- {}\n", Escape(note));
  }
  if (!Notes(report).empty()) text += '\n';
  return text +
         fmt::format("wsel {}, {}\n", report.version, Code(report.command));
}

}  // namespace wsel::report
