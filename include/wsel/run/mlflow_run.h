// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "wsel/run/append_file.h"
#include "wsel/run/metric_log.h"
#include "wsel/run/trackers.h"

namespace wsel::run {

// A run in a file store of MLflow, mlruns/0/ID in the run's folder (0 is
// MLflow's experiment of runs that name none): meta.yaml, and a file for each
// parameter, tag and metric. Those of metrics grow by whole lines.
class MlflowRun {
 public:
  // `name` and the values of `config`, a JSON object, are what MLflow shows of
  // the run, the values as parameters "optimizer.lr". With `resume_step`, keeps
  // the metrics up to that step, else none. Errors: kIo.
  MlflowRun(const std::filesystem::path& folder, const TrackedRun& run,
            const std::string& name, const std::string& config,
            std::optional<int64_t> resume_step);

  // Writes the metrics of a step but those that are texts. Errors: kIo.
  void Write(int64_t step, double time, std::span<const Metric> row);

  // Writes that the run has ended. Errors: kIo.
  void End(RunEnd how, double time);

  const std::filesystem::path& path() const { return path_; }

 private:
  // As in MLflow's RunStatus.
  enum class Status { kRunning = 1, kFinished = 3, kFailed = 4, kKilled = 5 };
  void WriteMeta(Status status, std::optional<int64_t> end) const;

  std::string id_;
  std::string name_;
  int64_t begun_;
  std::filesystem::path path_;
  std::map<std::string, AppendFile> metrics_;
};

}  // namespace wsel::run
