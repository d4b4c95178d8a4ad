// Torch-free.
#pragma once

#include <filesystem>

#include "records.h"

namespace wsel::data {

// Maps a whole file as records named after it. Errors: kIo.
Records MapRecords(const std::filesystem::path& path);

}  // namespace wsel::data
