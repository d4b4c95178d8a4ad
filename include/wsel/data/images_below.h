// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace wsel::data {

// The image files below a folder, as in a data set of folders (the same
// extensions, links and hidden files), sorted: paths relative to it. Errors:
// kIo; kFormat if there are none.
std::vector<std::string> ImagesBelow(const std::filesystem::path& folder);

}  // namespace wsel::data
