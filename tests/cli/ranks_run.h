#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"
#include "wsel/distributed/process_group.h"

namespace wsel {

// A run that ranks share, in a few milliseconds a step.

inline const std::string kRanksData =
    (std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders")
        .string();

// Of four images a step; two ranks have two each.
inline std::string RanksRecipe(int epochs) {
  return R"({
    "model": {"name": "vit_tiny", "img_size": 16, "patch_size": 8,
              "embed_dim": 16, "depth": 2, "num_heads": 2},
    "data": {"name": "folder"},
    "train": {"epochs": )" +
         std::to_string(epochs) + R"(, "warmup_epochs": 2, "batch_size": 4,
              "mixup_batch": 2, "drop_path": 0.1, "ema_decay": 0.9,
              "save_minutes": 0}
  })";
}

inline std::vector<std::string> TrainOnRanks(
    const std::string& output, const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {
      "train",    "--config",  "r.json",   "--data-root", kRanksData,
      "--output", output,      "--device", "cpu",         "--threads",
      "1",        "--workers", "1"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

// For a run of which only the end counts: what is left of it is neither saved
// nor evaluated at each step, which changes nothing about the weights.
inline std::vector<std::string> Rest(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--set", "train.save_minutes=1", "--set",
                           "train.val_interval=1000"});
  return more;
}

// How often `part` is in `text`.
inline size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Returns when the run saves its state.
inline void WaitForSave(const TempFolder& folder) {
  const std::filesystem::path state = folder / "run/state.safetensors";
  const auto saved = [&] {
    std::error_code missing;
    return std::filesystem::last_write_time(state, missing);
  };
  const auto before = saved();
  for (int i = 0; i < 18000; ++i) {
    if (saved() != before) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "the run saved nothing within three minutes";
}

// A folder with the recipe r.json of ten steps.
class RanksCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
    WriteTextFile(folder / "r.json", RanksRecipe(10));
  }
  const TempFolder folder;
};

}  // namespace wsel
