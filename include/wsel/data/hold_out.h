// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/data/dataset.h"

namespace wsel::data {

// A training split in two: what is trained on, and what validates it.
struct HeldOut {
  Dataset train;
  Dataset validation;
};

// Draws a validation split of `fraction` of the samples, rounded, with the
// classes' proportions as ProportionalSubset has them. Each class keeps at
// least one training sample, and so fewer may be drawn. Both parts keep the
// order of the samples. A function of the data set and the seed. Errors:
// kConfig unless 0 < fraction < 1, or if no sample can be drawn.
HeldOut HoldOut(const Dataset& dataset, double fraction, uint64_t seed);

}  // namespace wsel::data
