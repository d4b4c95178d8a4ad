// Torch-free.
#pragma once

namespace wsel::run {

// Keys of a checkpoint's metadata; docs/formats.md says which file has which.

// The model's config, as JSON (model/config_json.h);
inline constexpr const char* kModelKey = "wsel.model";
// or, of a model without a config, its sizes (select/plan.h).
inline constexpr const char* kGenericKey = "wsel.generic_model";
// What the weights were trained on, as JSON: per-channel mean and std of the
// images, class names.
inline constexpr const char* kMeanKey = "wsel.mean";
inline constexpr const char* kStdKey = "wsel.std";
inline constexpr const char* kClassesKey = "wsel.classes";
// Missing, or kMultiLabel: a sigmoid of each logit is the class's probability.
inline constexpr const char* kTaskKey = "wsel.task";
inline constexpr const char* kMultiLabel = "multi-label";

// The program and its command.
inline constexpr const char* kVersionKey = "wsel.version";
inline constexpr const char* kCommandKey = "wsel.command";

// Of a student: its plan's digest and seed, and the teacher's file.
inline constexpr const char* kPlanDigestKey = "wsel.plan.sha256";
inline constexpr const char* kSeedKey = "wsel.seed";
inline constexpr const char* kTeacherFileKey = "wsel.teacher.file";
inline constexpr const char* kTeacherSizeKey = "wsel.teacher.size";
inline constexpr const char* kTeacherDigestKey = "wsel.teacher.sha256";
inline constexpr const char* kTeacherDigestOfKey = "wsel.teacher.sha256_of";

// Of a converted checkpoint: the original.
inline constexpr const char* kConvertedFileKey = "wsel.converted.file";
inline constexpr const char* kConvertedSizeKey = "wsel.converted.size";
inline constexpr const char* kConvertedDigestKey = "wsel.converted.sha256";
inline constexpr const char* kConvertedNamesKey = "wsel.converted.names";

// Of trained weights: the run's configuration, and the epochs done.
inline constexpr const char* kRecipeKey = "wsel.recipe";
inline constexpr const char* kEpochKey = "wsel.epoch";
// The number of training images, and a digest of their names and labels.
inline constexpr const char* kTrainImagesKey = "wsel.train_images";

// Of a run's state: the trainer's counters (train/run_state.h).
inline constexpr const char* kProgressKey = "wsel.progress";

}  // namespace wsel::run
