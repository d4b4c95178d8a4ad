#include "find_root.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <system_error>

#include "wsel/core/error.h"

namespace wsel::data {

std::optional<std::filesystem::path> Search::Find(
    const std::vector<std::string>& folders, const std::string& wanted) {
  for (const std::string& folder : folders) {
    const auto candidate = folder.empty() ? root_ : root_ / folder;
    std::error_code ignored;
    if (std::filesystem::exists(candidate / wanted, ignored)) return candidate;
    tried_.push_back((candidate / wanted).string());
  }
  return std::nullopt;
}

std::filesystem::path Search::Get(const std::vector<std::string>& folders,
                                  const std::string& wanted) {
  auto found = Find(folders, wanted);
  if (!found) ThrowNotFound();
  return *std::move(found);
}

void Search::ThrowNotFound() const {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(root_, ignored);
  throw Error(
      ErrorKind::kIo, root_.string(),
      fmt::format("{} the data set {}; tried {}. Expected below the root: {}",
                  is_folder ? "does not contain" : "is not a folder with",
                  info_.name, fmt::join(tried_, ", "), info_.layout));
}

}  // namespace wsel::data
