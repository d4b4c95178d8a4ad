// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel {

// A text as a CSV cell (RFC 4180, section 2): quoted if it contains a comma, a
// quote or a line break.
std::string CsvCell(std::string_view text);

// The shortest decimal that parses back to exactly `number`; empty for NaN.
std::string CsvCell(double number);

}  // namespace wsel
