// Torch-free.
#pragma once

#include <filesystem>

#include "wsel/core/file_lock.h"

namespace wsel::train {

// The folder of one run, locked by this process: a second process writing to it
// would corrupt its files.
class RunFolder {
 public:
  // Creates the folder if it is missing. Errors: kIo if it cannot be created or
  // written to, or if another process holds the lock.
  explicit RunFolder(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config() const { return root_ / "config.json"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path summary() const { return root_ / "summary.csv"; }
  std::filesystem::path log() const { return root_ / "log.txt"; }
  std::filesystem::path state() const { return root_ / "state.safetensors"; }
  // "last", "best", and with EMA weights "last-ema" and "best-ema".
  std::filesystem::path weights(std::string_view which) const;

  // Whether the folder holds a run, and whether that run can be resumed.
  bool HasRun() const;
  bool HasState() const;

 private:
  std::filesystem::path root_;
  FileLock lock_;
};

}  // namespace wsel::train
