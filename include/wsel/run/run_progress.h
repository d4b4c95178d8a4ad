// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "wsel/run/run_record.h"

namespace wsel::run {

// The progress of a run, from its config.json and metrics.jsonl.
struct RunProgress {
  int64_t epoch = 0;           // completed
  int64_t epochs = 0;          // in total; 0: not known yet
  std::optional<double> top1;  // of the last evaluation, percent
  std::optional<double> map;   // of multi-label images, in its place
  double images_per_second = 0;
  std::optional<double> seconds_left;  // of training, evaluations and saves
};

// Whether an epoch is evaluated: those that val_interval divides, and the last.
bool IsEvaluated(int64_t epoch, int64_t epochs, int64_t val_interval);
// How many of the epochs after `epoch` are.
int64_t EvaluationsAfter(int64_t epoch, int64_t epochs, int64_t val_interval);

// Missing files and incomplete lines are ignored.
RunProgress ReadProgress(const std::filesystem::path& run_folder);

// "running   vit-uniform-s1-0a1b2c3d  epoch 7/20  top-1 71.20  850 img/s  3:05
// left"; for a failed run, its error.
std::string StatusLine(const std::string& run, const RunRecord& record,
                       const RunProgress& progress);

}  // namespace wsel::run
