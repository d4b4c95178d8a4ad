// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace wsel::data {

// The folders in `root` that are not hidden, sorted by bytes: classes. Errors:
// kFormat where there is none.
std::vector<std::string> ClassFolders(const std::filesystem::path& root);

// The pictures below root/<class> of every class, as "class/file": those with
// one of torchvision's extensions, hidden ones left out, in torchvision's order
// (by folder, then by file). Symbolic links are followed, but no folder is
// entered twice. Errors: kFormat naming classes without pictures.
std::vector<std::vector<std::string>> PicturesByClass(
    const std::filesystem::path& root, const std::vector<std::string>& classes);

}  // namespace wsel::data
