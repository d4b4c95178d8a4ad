// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>

#include "wsel/data/dataset.h"

namespace wsel::data {

// The same set, with its pictures decoded once for all processes that share
// `folder`: a file there holds them, made by the first that asks, and is
// mapped. Which file depends on the pictures' names, sizes in bytes and times.
// A set that is no set of files, or whose pictures would take more than
// `max_bytes`, stays as it is; so does a picture that cannot be read. Errors:
// kIo; kFormat where the file there is not what this function makes.
Dataset StoredDecoded(const Dataset& set, const std::filesystem::path& folder,
                      size_t max_bytes);

}  // namespace wsel::data
