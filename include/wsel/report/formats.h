// Torch-free.
#pragma once

#include <string>

#include "wsel/report/report.h"

namespace wsel::report {

// A report as a complete file of one format. Each function escapes the special
// characters of its format.

// With GitHub's tables; readable in a terminal.
std::string ToMarkdown(const Report& report);

// RFC 4180, one row per cell: its axes, number of runs, last and best top-1,
// top-5 and the comparison with the baseline. Values have all digits; unknown
// ones are empty.
std::string ToCsv(const Report& report);

// Tables to \input into a document that uses booktabs.
std::string ToLatex(const Report& report);

// Everything, including curves and runs; indented by two spaces.
std::string ToJson(const Report& report);

// A self-contained page: no network, scripts or other files.
std::string ToHtml(const Report& report);

// The learning curves, one panel per column.
std::string ToSvg(const Report& report);

}  // namespace wsel::report
