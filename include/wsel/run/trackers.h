// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::run {

// Programs that show the metrics of many runs. A run writes their files, and
// talks to no server.
enum class Tracker { kTensorBoard, kMlflow, kWandb };
// tensorboard, mlflow, wandb
const Registry<Tracker>& Trackers();

// How a process of a run ends; one that is killed says nothing.
enum class RunEnd { kFinished, kStopped, kFailed };

// What a run is for its trackers: tracking.json.
struct TrackedRun {
  std::vector<Tracker> trackers;  // each once
  std::string id;                 // 32 hexadecimal digits, drawn at random
  int64_t begun = 0;              // milliseconds since 1970

  bool Has(Tracker tracker) const;
};

// The run in `folder`: read from its file if there is one, else drawn; and
// written. The trackers are those of the file and those given; without either,
// TensorBoard, which is also that of a run that `resumes` without the file: of
// a version that had no other. `time`: now, in seconds since 1970. Errors: kIo;
// kFormat if the file was not written by this function.
TrackedRun OpenTrackedRun(const std::filesystem::path& folder,
                          const std::vector<Tracker>& given, double time,
                          bool resumes = false);

}  // namespace wsel::run
