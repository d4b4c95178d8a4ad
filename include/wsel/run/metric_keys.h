// Torch-free.
#pragma once

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

// Of an epoch; those of the evaluation are missing if there was none, the EMA
// weights' are "ema_loss", ...
inline constexpr const char* kEpochsDoneKey = "epoch";
inline constexpr const char* kTrainLossKey = "train_loss";
inline constexpr const char* kEvalPrefix = "eval";
inline constexpr const char* kEmaPrefix = "ema";
inline constexpr const char* kLossSuffix = "_loss";
inline constexpr const char* kTop1Suffix = "_top1";
inline constexpr const char* kTop5Suffix = "_top5";
inline constexpr const char* kEvalTop1Key = "eval_top1";
inline constexpr const char* kSecondsKey = "seconds";
inline constexpr const char* kImagesPerSecondKey = "images_per_second";
inline constexpr const char* kTeacherSecondsKey = "teacher_seconds";

}  // namespace wsel::run
