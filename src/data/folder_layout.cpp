#include "folder_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <system_error>
#include <vector>

namespace wsel::data {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> FolderIn(const fs::path& root, const char* name) {
  std::error_code ignored;
  fs::path folder = root / name;
  if (!fs::is_directory(folder, ignored)) return std::nullopt;
  return folder;
}

}  // namespace

bool HasClassFolders(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code broken_link;
    if (entry->is_directory(broken_link) &&
        !entry->path().filename().native().starts_with('.')) {
      return true;
    }
  }
  return false;
}

FolderLayout FindFolderLayout(const fs::path& root, bool val_is_test) {
  FolderLayout layout;
  layout.train = FolderIn(root, "train");
  const auto test = FolderIn(root, kTestFolder);
  std::vector<std::string> unread;
  std::optional<fs::path> val;
  for (const char* name : kValFolders) {
    const auto found = FolderIn(root, name);
    if (!found) continue;
    if (val) {
      unread.emplace_back(name);
    } else {
      val = found;
    }
  }
  if (val && test && !val_is_test && HasClassFolders(*test)) {
    layout.val = val;
    layout.test = test;
  } else if (val) {
    layout.test = val;
    if (test) unread.emplace_back(kTestFolder);
  } else if (test) {
    layout.test = test;
  } else if (!layout.train && HasClassFolders(root)) {
    layout.test = root;
  }
  if (!unread.empty()) {
    layout.note =
        fmt::format("{} is not read beside {}", fmt::join(unread, ", "),
                    val->filename().string());
  }
  return layout;
}

}  // namespace wsel::data
