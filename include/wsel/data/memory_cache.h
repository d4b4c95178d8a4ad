// Torch-free.
#pragma once

#include <cstddef>

#include "wsel/data/dataset.h"

namespace wsel::data {

// `dataset` with decoded images kept in memory, up to `max_bytes` in total;
// once that is full, further images are decoded at each access. Which images
// are kept depends on the order of access, their pixels do not. Pointless for
// data sets that are arrays (CIFAR, SVHN, STL-10, Fashion-MNIST). Copies of the
// result share the memory. Thread-safe.
Dataset CachedInMemory(const Dataset& dataset, size_t max_bytes);

}  // namespace wsel::data
