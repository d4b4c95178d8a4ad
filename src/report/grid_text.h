// Torch-free.
#pragma once

#include <string>

#include "wsel/report/grid.h"

namespace wsel::report {

// What a cell shows that has nothing to show: an en dash.
inline constexpr const char* kNothing = "\u2013";

// "init" over the rows' labels; "run" where there is no axis.
std::string RowTitle(const Report& report);

// What a column is called; "top-1" where there is no axis.
std::string ColumnTitle(const Report& report, size_t column);

}  // namespace wsel::report
