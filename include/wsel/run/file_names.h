// Torch-free.
#pragma once

#include <cstdint>
#include <string>

namespace wsel::run {

// The files in a run's folder; docs/formats.md describes their contents.

// Written by `wsel train`:
inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kPretrainedFile = "pretrained.json";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kSummaryFile = "summary.csv";
inline constexpr const char* kTrackingFile = "tracking.json";
inline constexpr const char* kLogFile = "log.txt";
inline constexpr const char* kTestFile = "test.json";
inline constexpr const char* kConfusionFile = "confusion.csv";
inline constexpr const char* kStateFile = "state.safetensors";
inline constexpr const char* kLockFile = "lock";

// Names of weights, for WeightsFile.
inline constexpr const char* kLast = "last";
inline constexpr const char* kBest = "best";
inline constexpr const char* kLastEma = "last-ema";
inline constexpr const char* kBestEma = "best-ema";
inline constexpr const char* kAverage = "average";  // of the last epochs
// Of an epoch that is kept, "epoch-0010" and "epoch-0010-ema".
inline std::string EpochWeights(int64_t epoch, bool ema) {
  const std::string number = std::to_string(epoch);
  return "epoch-" +
         std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number +
         (ema ? "-ema" : "");
}

// Written by `wsel sweep`:
inline constexpr const char* kRecordFile = "run.json";
inline constexpr const char* kRecipeFile = "recipe.json";
inline constexpr const char* kOutputFile = "output.txt";
inline constexpr const char* kProbeFile = "probe.json";
inline constexpr const char* kSweepLockFile = "sweep.lock";

// In a sweep's folder.
inline constexpr const char* kSweepFile = "sweep.json";
inline constexpr const char* kRunsFolder = "runs";

// Appended to the digest in the name of a cache of teacher outputs. The word
// is that of version 0.1, so that its caches are read.
inline constexpr const char* kTeacherCacheSuffix = ".answers.safetensors";

}  // namespace wsel::run
