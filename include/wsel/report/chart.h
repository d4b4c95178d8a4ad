// Torch-free.
#pragma once

#include <string>

#include "wsel/plot/figure.h"
#include "wsel/report/report.h"

namespace wsel::report {

// Learning curves: top-1 in percent over epochs, with bands of one standard
// deviation where there are several runs. One panel per column of the report;
// columns without a curve are left out, and so there may be none.
plot::Figure Charts(const Report& report);

// A PNG of all charts, drawn by gnuplot. Errors: kIo if gnuplot is missing or
// fails; kMismatch without charts.
std::string ChartsPng(const Report& report);

}  // namespace wsel::report
