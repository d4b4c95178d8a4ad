#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "teacher_outputs.h"
#include "wsel/data/loader.h"
#include "wsel/train/fit.h"
#include "wsel/train/image_batches.h"
#include "wsel/train/train_step.h"

namespace wsel::train {

// Loads the training images of each optimizer step, mixes them, and runs the
// teacher on them: of each effective batch the rank's share.
class StepBatches {
 public:
  // Runs the teacher on all images first if its outputs are cached, with
  // `on_progress`, then starts to load the batches of steps first_step ...
  // total_steps - 1. `job` and `uploader` must outlive this. Errors: as
  // TeacherOutputs::Precompute, data::Loader.
  StepBatches(const TrainJob& job, int64_t num_classes, Uploader& uploader,
              int64_t first_step, int64_t total_steps,
              const OnProgress& on_progress);

  // Calls `use` with each micro-batch of the next step, `step`, in order.
  // Errors: as data::Loader::Next.
  void ForEachMicroBatch(int64_t step,
                         const std::function<void(const MicroBatch&)>& use);

  // Corrupt images, each time they were skipped.
  int64_t num_corrupt() const { return loader_.num_corrupt(); }

  // As TeacherOutputs::TakeElapsedSeconds; nullopt without a teacher.
  std::optional<double> TakeTeacherSeconds() {
    if (!teacher_outputs_) return std::nullopt;
    return teacher_outputs_->TakeElapsedSeconds();
  }

 private:
  // The soft targets [chunk, classes] of a loader's batch that has its first
  // image at position `first` of the effective batch; mixes its images in
  // place.
  at::Tensor MixChunk(DeviceBatch& chunk, const data::Batch& batch,
                      int64_t step, int64_t first);

  const TrainJob& job_;
  distributed::Share share_;
  int64_t num_classes_;
  // [classes] on the device; undefined: all are 1. Of multi-label images those
  // of targets of 1, else of the targets.
  at::Tensor class_weights_;
  Uploader& uploader_;
  std::optional<TeacherOutputs> teacher_outputs_;
  data::Loader loader_;
};

// Loads all images of `set` once, in order, in batches of options.eval_batch;
// of several ranks each loads its batches (data::EvalBatches).
data::Loader OrderedLoader(const TrainJob& job, const data::Dataset& set,
                           data::Transform transform, const Uploader& uploader);

}  // namespace wsel::train
