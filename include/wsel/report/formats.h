// Torch-free.
#pragma once

#include <string>

#include "wsel/core/registry.h"
#include "wsel/plot/figure.h"
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

// A self-contained page: no network, scripts or other files. Without gnuplot it
// has a note in place of its charts.
std::string ToHtml(const Report& report);

// Learning curves: top-1 in percent over epochs, with bands of one standard
// deviation where there are several runs. One panel per column of the report;
// columns without a curve are left out, and so there may be none.
plot::Figure Charts(const Report& report);

// The charts, drawn by gnuplot. Errors: kIo if gnuplot is missing or fails;
// kMismatch without charts.
std::string ToSvg(const Report& report);
std::string ToPng(const Report& report);

enum class Format { kMarkdown, kCsv, kLatex, kJson, kHtml, kSvg, kPng };
const Registry<Format>& Formats();

// By the file's extension. Errors: kUsage if it is unknown.
Format FormatOf(const std::string& file);

// Of a report to be written to `output`, or to stdout without one: `name`, else
// by the extension, else Markdown. Errors: kUsage, also for a PNG without a
// file.
Format FormatFor(const std::string& name, const std::string& output);

// Errors: as ToSvg.
std::string Render(const Report& report, Format format);

}  // namespace wsel::report
