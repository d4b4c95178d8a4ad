// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>

#include "wsel/data/dataset.h"

namespace wsel::data {

// `dataset` with its images decoded once for all processes that share `folder`:
// the first one writes them to a file there, which the others map. Its name is
// a digest of the images' paths, sizes in bytes and modification times. Returns
// `dataset` unchanged if it is not made of image files, or if the decoded
// images would exceed `max_bytes`. Corrupt images are left to the decoder.
// Errors: kIo; kFormat if the cache file is corrupt.
Dataset CachedOnDisk(const Dataset& dataset,
                     const std::filesystem::path& folder, size_t max_bytes);

// `dataset` with decoded images kept in memory, up to `max_bytes` in total;
// from the first that does not fit on, images are decoded at each access, as
// far as they are needed. Which images are kept depends on the order of access,
// their pixels do not. Pointless for data sets that are arrays (CIFAR, SVHN,
// STL-10, Fashion-MNIST). Copies of the result share the memory. Thread-safe.
Dataset CachedInMemory(const Dataset& dataset, size_t max_bytes);

}  // namespace wsel::data
