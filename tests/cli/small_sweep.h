#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/run_wsel.h"
#include "wsel/core/sha256.h"

namespace wsel {

inline const std::string kSmallSweepData =
    (std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders")
        .string();

// Four runs of half a second: two initialisations, two seeds.
inline constexpr const char* kSmallSweep = R"({
  "recipe": {
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 16, "depth": 2, "num_heads": 2},
    "data": {"name": "folder"},
    "train": {"epochs": 20, "warmup_epochs": 2, "batch_size": 4,
              "mixup_batch": 2, "save_minutes": 0}
  },
  "axes": {
    "init": {"random": {}, "uniform": {"init.select": "uniform",
                                       "teacher.file": "t.safetensors"}},
    "train.seed": [0, 1]
  }
})";

inline void MakeSmallTeacher(const TempFolder& folder) {
  const Outcome init =
      RunWsel(folder, {"init", "--student", "vit_tiny", "--method", "timm",
                       "--img-size", "16", "--patch-size", "8", "--embed-dim",
                       "32", "--depth", "4", "--num-heads", "4", "--output",
                       "t.safetensors"});
  ASSERT_EQ(init.exit_code, 0) << init.err;
}

inline std::vector<std::string> RunSmallSweep(
    const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {
      "sweep", "s.json",    "--output", "out",         "--device",
      "cpu",   "--threads", "1",        "--data-root", kSmallSweepData};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

// SHA-256 of each run's last weights, by its slug.
inline std::map<std::string, std::string> LastWeights(
    const std::filesystem::path& sweep) {
  std::map<std::string, std::string> hashes;
  for (const auto& run :
       std::filesystem::directory_iterator(sweep / "by-name")) {
    hashes[run.path().filename().string()] =
        Sha256OfFile(run.path() / "last.safetensors");
  }
  return hashes;
}

}  // namespace wsel
