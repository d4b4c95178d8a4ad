// Torch-free.
#pragma once

#include <string>

#include "grid.h"

namespace wsel::report {

// Placeholder of an empty cell: an en dash.
inline constexpr const char* kNothing = "\u2013";

// Header of the row labels, such as "init"; "run" without row axes.
std::string RowTitle(const Report& report);

// Header of a column; "top-1" without column axes.
std::string ColumnTitle(const Report& report, size_t column);

}  // namespace wsel::report
