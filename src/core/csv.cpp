#include "wsel/core/csv.h"

#include <fmt/format.h>

#include <cmath>

namespace wsel {

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
