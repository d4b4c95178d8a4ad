// Torch-free.
#pragma once

#include <array>
#include <string_view>

namespace wsel::run {

// Keys of config.json, as paths: "optimizer.lr".

// A key that had another name: configurations with the old one are still read.
struct RenamedKey {
  std::string_view old_path;
  std::string_view path;
};
inline constexpr std::array<RenamedKey, 4> kRenamedKeys = {{
    {"data.cache_gb", "data.cache_gib"},
    {"data.skip_broken", "data.skip_corrupt"},
    {"train.memory_gb", "train.memory_gib"},
    {"evaluation.every", "train.val_interval"},
}};

// The current name of a key, and the oldest one. Sweeps name the folders of
// runs by a digest of their configurations, which therefore keeps old names.
std::string_view CurrentKey(std::string_view path);
std::string_view OldestKey(std::string_view path);

// False for where data lies, threads, caches, memory, and how often a run is
// saved: runs that differ only in these have equal results.
bool AffectsResult(std::string_view path);

}  // namespace wsel::run
