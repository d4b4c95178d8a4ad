// Torch-free.
#pragma once

#include <filesystem>

#include "records.h"

namespace wsel::data {

// A whole file as records, mapped and called by its name. Errors: kIo.
Records MapRecords(const std::filesystem::path& path);

}  // namespace wsel::data
