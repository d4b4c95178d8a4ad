#include "wsel/core/csv.h"

#include <fmt/format.h>

#include <cmath>

namespace wsel {

std::vector<std::string> CsvCells(std::string_view line, std::string_view where,
                                  ErrorKind error) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line.substr(i, 2) == "\"\"") {
      cells.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  if (quoted) throw Error(error, where, "ends inside quotes");
  return cells;
}

std::string CsvCell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string CsvCell(double number) {
  return std::isnan(number) ? "" : fmt::format("{}", number);
}

}  // namespace wsel
