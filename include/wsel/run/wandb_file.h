// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "wsel/run/append_file.h"
#include "wsel/run/metric_log.h"
#include "wsel/run/trackers.h"

namespace wsel::run {

// An offline run of Weights & Biases, which `wandb sync` uploads:
// wandb/offline-run-DATE-ID/run-ID.wandb in the run's folder. The file is a
// header and records of wandb_internal.proto, framed as LevelDB's log is: in
// blocks of 32 KiB, with a CRC-32 each. It grows by whole records.
class WandbFile {
 public:
  // `name` and `config`, a JSON object, are what W&B shows of the run. With
  // `resume_at`, continues the file from that length on; one that is missing,
  // as after it was uploaded and deleted, begins again. Errors: as AppendFile.
  WandbFile(const std::filesystem::path& folder, const TrackedRun& run,
            const std::string& name, const std::string& config,
            std::optional<uint64_t> resume_at);

  // Writes the metrics as those of one step, which is higher than any before.
  // Errors: kIo.
  void Write(int64_t step, double time, std::span<const Metric> row);

  // Writes that the run has ended. Errors: kIo.
  void End(RunEnd how, double time);

  // As AppendFile.
  uint64_t Flush() { return file_.Flush(); }

  const std::filesystem::path& path() const { return path_; }

 private:
  double Runtime(double time) const;

  double begun_;  // seconds since 1970
  std::filesystem::path path_;
  AppendFile file_;
};

}  // namespace wsel::run
