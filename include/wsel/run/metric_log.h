// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "wsel/run/append_file.h"
#include "wsel/run/log.h"

namespace wsel::run {

// Keys of metrics.jsonl. A line is of one of two kinds.
inline constexpr const char* kKindKey = "kind";
inline constexpr const char* kStepKind = "step";    // every tenth step
inline constexpr const char* kEpochKind = "epoch";  // every epoch

inline constexpr const char* kStepKey = "step";  // optimizer steps done
inline constexpr const char* kLrKey = "lr";

// Of a step:
inline constexpr const char* kLossKey = "loss";
inline constexpr const char* kKdLossKey = "kd_loss";  // 0.1: "taught_loss"

// Of either, if there are several ranks: the fraction of the epoch's training
// time so far in which the first one waited for gradients of the others.
inline constexpr const char* kCommWaitKey = "comm_wait";

// Of an epoch; those of the evaluation are missing if there was none, the EMA
// weights' are "ema_loss", ..., those of the average of the last epochs'
// weights "average_loss", ....
inline constexpr const char* kEpochsDoneKey = "epoch";
inline constexpr const char* kTrainLossKey = "train_loss";
inline constexpr const char* kTrainPrefix = "train";
inline constexpr const char* kEvalPrefix = "eval";
inline constexpr const char* kEmaPrefix = "ema";
inline constexpr const char* kAveragePrefix = "average";
inline constexpr const char* kLossSuffix = "_loss";
inline constexpr const char* kTop1Suffix = "_top1";
inline constexpr const char* kTop5Suffix = "_top5";
inline constexpr const char* kBalancedAccuracySuffix = "_balanced_accuracy";
inline constexpr const char* kMacroF1Suffix = "_macro_f1";
// Of multi-label images, which have no top1, top5 and balanced accuracy.
inline constexpr const char* kMapSuffix = "_map";
inline constexpr const char* kSubsetAccuracySuffix = "_subset_accuracy";
// Corrupt images that are not in the numbers; missing if there were none.
inline constexpr const char* kSkippedSuffix = "_skipped";
inline constexpr const char* kEvalTop1Key = "eval_top1";
inline constexpr const char* kEvalSkippedKey = "eval_skipped";
inline constexpr const char* kEvalBalancedAccuracyKey =
    "eval_balanced_accuracy";
inline constexpr const char* kEvalMacroF1Key = "eval_macro_f1";
inline constexpr const char* kEvalMapKey = "eval_map";
inline constexpr const char* kEvalSubsetAccuracyKey = "eval_subset_accuracy";
// Of training; of the evaluation, if there was one; of the saves since the last
// epoch.
inline constexpr const char* kSecondsKey = "seconds";
inline constexpr const char* kEvalSecondsKey = "eval_seconds";
inline constexpr const char* kSaveSecondsKey = "save_seconds";
inline constexpr const char* kImagesPerSecondKey = "images_per_second";
inline constexpr const char* kTeacherSecondsKey = "teacher_seconds";

struct Metric {
  std::string name;  // unique within a row
  std::variant<int64_t, double, std::string> value;
};

// metrics.jsonl: one JSON object per line. JSON has no NaN and no infinity:
// they are the strings "NaN", "Infinity" and "-Infinity", as in protobuf's
// JSON, so that a diverged loss differs from a missing one.
class MetricLog {
 public:
  // Errors: as AppendFile.
  MetricLog(const std::filesystem::path& path,
            std::optional<uint64_t> resume_at)
      : file_(path, resume_at) {}

  // Writes one line, the metrics in their order. Errors: kIo.
  void Write(std::span<const Metric> row);

  // As AppendFile.
  uint64_t Flush() { return file_.Flush(); }

 private:
  AppendFile file_;
};

// The numbers in the last line of a metrics.jsonl, without its strings; {}: it
// has no lines. Errors: kIo, kFormat.
std::vector<Metric> LastRow(const std::filesystem::path& path);

// summary.csv with timm's columns (timm.utils.update_summary): epoch,
// train_loss, eval_loss, eval_top1, eval_top5, lr; then eval_skipped and
// eval_balanced_accuracy, eval_macro_f1, which files of older versions lack; of
// multi-label images also eval_map and eval_subset_accuracy. A
// file that a run resumes keeps its columns. Cells of unknown values are empty;
// the others have enough digits to be read back exactly; lines end in "\n".
class SummaryCsv {
 public:
  // Errors: as AppendFile.
  SummaryCsv(const std::filesystem::path& path,
             std::optional<uint64_t> resume_at, bool multi_label = false);

  // Errors: kIo.
  void Write(const Epoch& row);

  // As AppendFile.
  uint64_t Flush() { return file_.Flush(); }

 private:
  AppendFile file_;
  bool has_skipped_ = true;        // the column
  bool has_class_metrics_ = true;  // the columns
  bool has_map_ = false;           // and eval_subset_accuracy
};

}  // namespace wsel::run
