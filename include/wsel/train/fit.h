#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "wsel/data/dataset.h"
#include "wsel/model/build.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/options.h"
#include "wsel/train/run_folder.h"
#include "wsel/train/run_state.h"
#include "wsel/train/teacher.h"

namespace wsel::train {

// What a training needs beside its options. All sizes are settled:
// options.micro_batch and eval_batch are not 0, precision is not kAuto.
struct Run {
  Options options;
  data::Dataset train;
  data::Dataset test;
  c10::Device device = c10::kCPU;
  int workers = -1;
  bool skip_broken = false;
  // Where options.distill has a method: a teacher that CheckTeacher has passed.
  std::optional<Teacher> teacher;
  // With options.distill.cache: a file in which runs of the same teacher and
  // pictures share its answers; "": none.
  std::filesystem::path answers;
  // Goes into every checkpoint: the model, the recipe.
  std::map<std::string, std::string> metadata;
};

// After each update.
struct StepReport {
  int64_t step = 0;  // updates done
  int64_t total_steps = 0;
  int64_t steps_per_epoch = 0;
  double loss = 0;
  std::optional<double> taught_loss;  // the teacher's part of it
  double lr = 0;
  double images_per_second = 0;  // over the last second or so
};

// After each epoch.
struct EpochReport {
  int64_t epoch = 0;  // epochs done
  int64_t epochs = 0;
  int64_t step = 0;  // updates done
  double train_loss = 0;
  double lr = 0;
  bool evaluated = false;
  Evaluation test;
  bool has_ema = false;
  Evaluation ema;
  bool best = false;
  double seconds = 0;
  double images_per_second = 0;
  // Of `seconds`, spent on the teacher's answers. On a GPU some of its passes
  // are timed, and stand for all.
  std::optional<double> teacher_seconds;
};

// What a training asks and tells while it runs.
struct Watch {
  // The number of the signal that wants it to end after this step; 0: none.
  std::function<int()> stop;
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;
};

struct Outcome {
  Progress progress;
  int signal = 0;  // that ended it early; 0: it is finished
  int64_t broken = 0;
};

// Trains `model`, which is on run.device, and keeps `folder`: metrics, summary,
// last and best weights, the state. Goes on from the folder's state where
// there is one. Everything that decides the numbers is addressed by seed, step
// and position, so a run that was stopped anywhere ends like one that was not.
// Errors: kConfig where the loss is no number (the last good state stays);
// kIo; what the data set throws.
Outcome Fit(model::Model& model, const Run& run, const RunFolder& folder,
            const Watch& watch);

}  // namespace wsel::train
