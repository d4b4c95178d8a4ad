// Torch-free.
#pragma once

#include <vector>

#include "wsel/report/report.h"

namespace wsel::report {

// The keys that rows of cells have otherwise within a column; what must differ
// (the seed) or decides nothing (paths of data, threads) is none.
std::vector<Difference> FindDifferences(
    const Study& study, const std::vector<std::vector<Cell>>& cells);

}  // namespace wsel::report
