// Torch-free.
#pragma once

#include <vector>

#include "wsel/sweep/sweep_file.h"

namespace wsel::sweep {

// One value of each axis, in the order of the axes.
using Combination = std::vector<const AxisValue*>;

// Whether the combination has, for each axis in `selector`, one of the labels
// listed.
bool Matches(const SweepFile& sweep, const Combination& combination,
             const Selector& selector);

// The product of the axes without the excluded combinations, zipped axes in
// step, the last axis varying fastest; then the included ones that are not in
// it yet. They point into `sweep`. Errors: kConfig if an inclusion does not
// name every axis, or if none or more than 100,000 combinations result.
std::vector<Combination> Combinations(const SweepFile& sweep);

}  // namespace wsel::sweep
