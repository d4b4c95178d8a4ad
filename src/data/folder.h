// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace wsel::data {

// The class names: the folders in `root` that are not hidden, sorted by bytes.
// Errors: kFormat if there are none.
std::vector<std::string> ClassFolders(const std::filesystem::path& root);

// The images below root/<class> of every class, as "class/file": those with one
// of torchvision's extensions, except hidden ones, in torchvision's order (by
// folder, then by file). Symbolic links are followed, but no folder is entered
// twice. Errors: kFormat naming a class without images.
std::vector<std::vector<std::string>> ImagesByClass(
    const std::filesystem::path& root, const std::vector<std::string>& classes);

}  // namespace wsel::data
