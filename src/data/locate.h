// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/data/table.h"

namespace wsel::data {

// A search below the user's root for the folder that holds a set.
class Search {
 public:
  Search(const DatasetFacts& facts, std::filesystem::path root)
      : facts_(facts), root_(std::move(root)) {}

  // The first of the folders below the root ("" is the root itself) that has
  // `wanted`, a file or folder.
  std::optional<std::filesystem::path> Find(
      const std::vector<std::string>& folders, const std::string& wanted);

  // The same, or kIo with every place that was looked at so far.
  std::filesystem::path Get(const std::vector<std::string>& folders,
                            const std::string& wanted);
  [[noreturn]] void ThrowNotFound() const;

 private:
  const DatasetFacts& facts_;
  std::filesystem::path root_;
  std::vector<std::string> looked_at_;
};

}  // namespace wsel::data
