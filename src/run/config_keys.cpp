#include "wsel/run/config_keys.h"

#include <algorithm>

namespace wsel::run {

std::string_view CurrentKey(std::string_view path) {
  for (const RenamedKey& key : kRenamedKeys) {
    if (path == key.old_path) return key.path;
  }
  return path;
}

std::string_view OldestKey(std::string_view path) {
  for (const RenamedKey& key : kRenamedKeys) {
    if (path == key.path) return key.old_path;
  }
  return path;
}

bool AffectsResult(std::string_view path) {
  static constexpr std::array<std::string_view, 6> kFree = {
      "data.root",      "data.workers",     "data.cache_gib",
      "data.cache_dir", "train.memory_gib", "train.save_minutes"};
  return std::ranges::find(kFree, path) == kFree.end();
}

}  // namespace wsel::run
