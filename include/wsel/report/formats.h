// Torch-free.
#pragma once

#include <string>

#include "wsel/report/report.h"

namespace wsel::report {

// A report as a whole file of one format. Each escapes what its format reads as
// more than text.

// GitHub's tables; reads well in a terminal.
std::string ToMarkdown(const Report& report);

// RFC 4180, a row a cell: its axes, state, last and best top-1, top-5 and the
// comparison with the baseline. Numbers have all digits; what is not known is
// empty.
std::string ToCsv(const Report& report);

// Tables for \input into a document that uses booktabs.
std::string ToLatex(const Report& report);

// Everything, curves and runs too; two blanks of indentation.
std::string ToJson(const Report& report);

// A page that needs nothing else: no network, no script, no other file.
std::string ToHtml(const Report& report);

// The learning curves, a panel a column.
std::string ToSvg(const Report& report);

}  // namespace wsel::report
