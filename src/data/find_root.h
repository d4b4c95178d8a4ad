// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/data/dataset_info.h"

namespace wsel::data {

// Searches below the user's root for the folder that holds a data set.
class Search {
 public:
  Search(const DatasetInfo& info, std::filesystem::path root)
      : info_(info), root_(std::move(root)) {}

  // The first of `folders`, relative to the root ("": the root itself), that
  // contains `wanted`, a file or folder.
  std::optional<std::filesystem::path> Find(
      const std::vector<std::string>& folders, const std::string& wanted);

  // The same. Errors: kIo with all paths tried so far.
  std::filesystem::path Get(const std::vector<std::string>& folders,
                            const std::string& wanted);
  [[noreturn]] void ThrowNotFound() const;

 private:
  const DatasetInfo& info_;
  std::filesystem::path root_;
  std::vector<std::string> tried_;
};

}  // namespace wsel::data
