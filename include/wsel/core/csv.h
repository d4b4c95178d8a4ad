// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel {

// A text as a cell of a CSV file (RFC 4180, section 2): quoted where a comma, a
// quote or a line end would otherwise be taken for one of the table.
std::string CsvCell(std::string_view text);

// A number with the digits that give it back exactly; nothing for one that is
// no number.
std::string CsvCell(double number);

}  // namespace wsel
