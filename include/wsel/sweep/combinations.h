// Torch-free.
#pragma once

#include <vector>

#include "wsel/sweep/sweep_file.h"

namespace wsel::sweep {

// A point of every axis, in the order of the axes.
using Combination = std::vector<const Point*>;

// Whether the combination has one of the labels of each axis that `selector`
// names.
bool Matches(const SweepFile& sweep, const Combination& combination,
             const Selector& selector);

// The product of the axes, zipped ones in step, the last axis fastest, without
// what is excluded; then what is included, once each. They point into `sweep`.
// Errors: kConfig for an inclusion that leaves an axis open; where none or more
// than 100,000 are left.
std::vector<Combination> Combinations(const SweepFile& sweep);

}  // namespace wsel::sweep
