#include "wsel/run/config_keys.h"

#include <algorithm>

namespace wsel::run {

std::string_view CurrentKey(std::string_view path) {
  const auto* key =
      std::ranges::find(kRenamedKeys, path, &RenamedKey::old_path);
  return key == kRenamedKeys.end() ? path : key->path;
}

std::string_view OldestKey(std::string_view path) {
  const auto* key = std::ranges::find(kRenamedKeys, path, &RenamedKey::path);
  return key == kRenamedKeys.end() ? path : key->old_path;
}

bool AffectsResult(std::string_view path) {
  static constexpr std::array<std::string_view, 8> kFree = {
      "data.root",           "data.workers",
      "data.cache_gib",      "data.cache_dir",
      "train.memory_gib",    "train.save_minutes",
      "init.calibrate_root", "train.checkpoint_interval"};
  return std::ranges::find(kFree, path) == kFree.end();
}

}  // namespace wsel::run
