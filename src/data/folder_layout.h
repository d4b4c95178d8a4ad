// Torch-free.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>

namespace wsel::data {

// Names of the folders of a validation split, in the order of precedence, and
// of a test split.
inline constexpr std::array<const char*, 3> kValFolders = {"val", "valid",
                                                           "validation"};
inline constexpr const char* kTestFolder = "test";

// Where the splits of a data set of folders are.
struct FolderLayout {
  std::optional<std::filesystem::path> train;
  std::optional<std::filesystem::path> val;  // beside a test split
  std::optional<std::filesystem::path> test;
  std::string note;  // folders that could be a split and are not read; "": none
};

// Whether a folder has one that is not hidden. One that cannot be read has none
// here; the reader reports it.
bool HasClassFolders(const std::filesystem::path& folder);

// The splits below `root`. A single one of validation and test folders is the
// test split. Folders without class folders are unlabelled and do not count
// beside another. If there are no folders of splits at all, those in `root` are
// classes of a test split. `val_is_test`: as in OpenOptions.
FolderLayout FindFolderLayout(const std::filesystem::path& root,
                              bool val_is_test);

}  // namespace wsel::data
