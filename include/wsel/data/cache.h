// Torch-free.
#pragma once

#include <cstddef>

#include "wsel/data/dataset.h"

namespace wsel::data {

// The same set, whose pictures stay decoded in memory once they were asked
// for, as long as all that stay have at most `max_bytes` together; the rest is
// decoded each time. Which ones stay depends on the order of asking, what they
// show does not. Gains nothing for sets that are arrays (CIFAR, SVHN, STL-10,
// Fashion-MNIST). Copies of the result share the memory; threads may ask at
// once.
Dataset Cached(const Dataset& set, size_t max_bytes);

}  // namespace wsel::data
