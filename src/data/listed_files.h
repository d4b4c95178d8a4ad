// Torch-free.
#pragma once

#include <filesystem>
#include <vector>

#include "labels_file.h"

namespace wsel::data {

// Errors: kIo naming the first files that are missing below `root`.
void RequireFiles(const std::vector<const LabelRow*>& rows,
                  const std::filesystem::path& root);

}  // namespace wsel::data
