// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"

namespace wsel {

// The cells of one line, at least one, as RFC 4180 quotes them; line ends
// within quotes are not supported. Errors: `error` at `where` if the line ends
// inside quotes.
std::vector<std::string> CsvCells(std::string_view line, std::string_view where,
                                  ErrorKind error = ErrorKind::kFormat);

// A text as a CSV cell (RFC 4180, section 2): quoted if it contains a comma, a
// quote or a line break.
std::string CsvCell(std::string_view text);

// The shortest decimal that parses back to exactly `number`; empty for NaN.
std::string CsvCell(double number);

}  // namespace wsel
