// Torch-free.
#pragma once

#include <filesystem>

#include "wsel/core/file_lock.h"

namespace wsel::train {

// The folder of one run, held by this process alone: a second one on the same
// folder would tear its files.
class RunFolder {
 public:
  // Makes the folder where it is missing. Errors: kIo where it cannot be made
  // or written to, or another process has it.
  explicit RunFolder(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config() const { return root_ / "config.json"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path summary() const { return root_ / "summary.csv"; }
  std::filesystem::path log() const { return root_ / "log.txt"; }
  std::filesystem::path state() const { return root_ / "state.safetensors"; }
  // "last", "best", and with a moving average "last-ema" and "best-ema".
  std::filesystem::path weights(std::string_view which) const;

  // Whether a run has begun here, and whether it can go on.
  bool HasRun() const;
  bool HasState() const;

 private:
  std::filesystem::path root_;
  FileLock lock_;
};

}  // namespace wsel::train
