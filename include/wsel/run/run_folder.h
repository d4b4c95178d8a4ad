// Torch-free.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "wsel/core/file_lock.h"
#include "wsel/run/file_names.h"

namespace wsel::run {

// The weights `which` (kLast, ...) of the run in `folder`.
std::filesystem::path WeightsFile(const std::filesystem::path& folder,
                                  std::string_view which);

// The folder of one run, locked by this process: a second process writing to it
// would corrupt its files.
class RunFolder {
 public:
  // Creates the folder if it is missing. Errors: kIo if it cannot be created or
  // written to, or if another process holds the lock.
  explicit RunFolder(std::filesystem::path root);

  // One that another process, the first of several ranks, has locked and writes
  // to: nothing is created.
  struct ReadOnly {};
  RunFolder(std::filesystem::path root, ReadOnly) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config() const { return root_ / kConfigFile; }
  std::filesystem::path pretrained() const { return root_ / kPretrainedFile; }
  std::filesystem::path metrics() const { return root_ / kMetricsFile; }
  std::filesystem::path summary() const { return root_ / kSummaryFile; }
  std::filesystem::path tracking() const { return root_ / kTrackingFile; }
  std::filesystem::path log() const { return root_ / kLogFile; }
  std::filesystem::path test() const { return root_ / kTestFile; }
  std::filesystem::path confusion() const { return root_ / kConfusionFile; }
  std::filesystem::path state() const { return root_ / kStateFile; }
  // kLast, kBest, and with EMA weights kLastEma and kBestEma.
  std::filesystem::path weights(std::string_view which) const {
    return WeightsFile(root_, which);
  }

  // Whether a file stands for the lock, since the file system has none.
  bool locked_by_file() const { return lock_.is_file(); }

  // Whether the folder holds a run, and whether that run can be resumed.
  bool HasRun() const { return exists(config()); }
  bool HasState() const { return exists(state()); }

 private:
  std::filesystem::path root_;
  FileLock lock_;
};

}  // namespace wsel::run
