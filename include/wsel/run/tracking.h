// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wsel/run/event_file.h"
#include "wsel/run/metric_log.h"
#include "wsel/run/mlflow_run.h"
#include "wsel/run/trackers.h"
#include "wsel/run/wandb_file.h"

namespace wsel::run {

// The files of a run's trackers. Times are seconds since 1970.
class Tracking {
 public:
  // Where a run resumes: the steps that its saved state has done, and what
  // Flush returned then. `row`: what was measured after the last step, if Flush
  // held it.
  struct Resume {
    int64_t step = 0;
    uint64_t wandb_bytes = 0;
    std::vector<Metric> row = {};
  };

  // The trackers are those of OpenTrackedRun. The run is named like its folder;
  // `config`, a JSON object, is its configuration. Errors: as OpenTrackedRun
  // and of each tracker's file.
  Tracking(const std::filesystem::path& folder,
           const std::vector<Tracker>& given, const std::string& config,
           double time, std::optional<Resume> resume);
  // Unless End was called, the run has failed.
  ~Tracking();
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;

  // Writes what was measured after so many steps: a line of metrics.jsonl, and
  // TensorBoard's curves. Lines of one step are one row for the others: they
  // are written when a later one comes, or by Flush. Errors: kIo.
  void Write(int64_t step, double time, std::span<const Metric> row,
             std::span<const Scalar> scalars);

  // Flushes to disk and returns the length of W&B's file, for Resume; 0: there
  // is none. `holds_row`: the row of the last step is not complete, and its
  // evaluation is to be repeated; it is not written yet, so that a run that
  // resumes writes it once. Errors: kIo.
  uint64_t Flush(bool holds_row = false);

  // Errors: kIo.
  void End(RunEnd how, double time);

 private:
  void AddToRow(std::span<const Metric> row);
  void WriteRow();

  std::optional<EventFile> events_;
  std::optional<MlflowRun> mlflow_;
  std::optional<WandbFile> wandb_;
  int64_t step_ = 0;  // of row_
  double time_ = 0;
  std::vector<Metric> row_;
  bool ended_ = false;
};

}  // namespace wsel::run
