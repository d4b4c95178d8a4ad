#include "locate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <system_error>

#include "wsel/core/error.h"

namespace wsel::data {

std::optional<std::filesystem::path> Search::Find(
    const std::vector<std::string>& folders, const std::string& wanted) {
  for (const std::string& folder : folders) {
    const auto place = folder.empty() ? root_ : root_ / folder;
    std::error_code ignored;
    if (std::filesystem::exists(place / wanted, ignored)) return place;
    looked_at_.push_back((place / wanted).string());
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
      fmt::format(
          "{} the data set {}; looked for {}. Expected below "
          "the root: {}",
          is_folder ? "does not hold" : "is no folder, so it does not hold",
          facts_.name, fmt::join(looked_at_, ", "), facts_.layout));
}

}  // namespace wsel::data
