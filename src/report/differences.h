// Torch-free.
#pragma once

#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// The configuration keys that differ between rows within a column, except those
// that must differ (the seed) or do not affect results (data paths, threads).
std::vector<ConfigDifference> FindDifferences(
    const Experiment& experiment, const std::vector<std::vector<Cell>>& cells);

}  // namespace wsel::report
