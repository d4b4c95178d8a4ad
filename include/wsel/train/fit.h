#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wsel/core/progress.h"
#include "wsel/data/dataset.h"
#include "wsel/distributed/process_group.h"
#include "wsel/kernels/kernel_record.h"
#include "wsel/nn/build.h"
#include "wsel/run/run_folder.h"
#include "wsel/run/trackers.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/options.h"
#include "wsel/train/run_state.h"
#include "wsel/train/teacher.h"

namespace wsel::train {

using run::RunFolder;

// What training needs besides the model. All sizes are resolved:
// options.micro_batch and eval_batch are not 0, precision is not kAuto.
struct TrainJob {
  Options options;
  data::Dataset train;
  data::Dataset test;
  // Images that choose the best weights in place of `test`, which is then, if
  // it has any, looked at once, when training has ended.
  std::optional<data::Dataset> val = {};
  c10::Device device = c10::kCPU;
  int workers = -1;
  bool skip_corrupt = false;
  // If options.distill has a method: a teacher that has passed CheckTeacher.
  std::optional<Teacher> teacher = {};
  // With options.distill.cache: a file of teacher outputs, shared by runs with
  // the same teacher and images; "": none.
  std::filesystem::path teacher_cache = {};
  // Written into every checkpoint: the model, the recipe.
  std::map<std::string, std::string> metadata = {};
  // What the metrics are written for besides metrics.jsonl; a run that resumes
  // keeps those that it had. Empty: TensorBoard.
  std::vector<run::Tracker> trackers = {};
  // Written into the saved state and every checkpoint: what computes.
  kernels::KernelRecord kernel_record = {};
  // The ranks that train together; null: only this process.
  distributed::ProcessGroup* group = nullptr;

  // What is evaluated while training.
  const data::Dataset& evaluated() const { return val ? *val : test; }
  bool TestsAtTheEnd() const { return val && test.size() > 0; }

  int rank() const { return group == nullptr ? 0 : group->rank(); }
  int ranks() const { return group == nullptr ? 1 : group->size(); }
};

// After an optimizer step; on a GPU only after one in so many.
struct StepReport {
  int64_t step = 0;  // optimizer steps done
  int64_t total_steps = 0;
  int64_t steps_per_epoch = 0;
  double loss = 0;                // mean over the steps since the last report
  std::optional<double> kd_loss;  // distillation term of the last step's loss
  double lr = 0;
  double images_per_second = 0;  // of all ranks, over the last second or so
  // Of several ranks: the fraction of the epoch's training time so far in which
  // this one waited for the gradients of the others.
  std::optional<double> comm_wait;
  // Until the end of the run, evaluations and saves included. Until one has
  // been measured, an evaluation counts as a third of the training's time per
  // image, as a forward pass is of a step, and a save as nothing.
  double seconds_left = 0;
};

// After each epoch.
struct EpochReport {
  int64_t epoch = 0;  // epochs done
  int64_t epochs = 0;
  int64_t step = 0;  // optimizer steps done
  double train_loss = 0;
  int64_t skipped = 0;  // corrupt training images
  double lr = 0;
  std::optional<Evaluation> test;  // if the epoch was evaluated
  std::optional<Evaluation> ema;   // of the EMA weights, if there are any
  // Of the average of the last epochs' weights, after the last one.
  std::optional<Evaluation> average;
  bool best = false;
  double seconds = 0;            // of training, without evaluations and saves
  double images_per_second = 0;  // of all ranks
  std::optional<double> comm_wait;     // as in StepReport, of the whole epoch
  std::optional<double> eval_seconds;  // if the epoch was evaluated
  double save_seconds = 0;             // of the saves since the last epoch
  // Part of `seconds` spent in the teacher. On a GPU extrapolated from some of
  // its forward passes.
  std::optional<double> teacher_seconds;
};

// Callbacks invoked during training; each may be empty.
struct TrainCallbacks {
  // The signal that stops the run after this step; 0: none.
  std::function<int()> stop_signal;
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;
  // Of evaluations, and of the pass that caches the teacher's outputs.
  OnProgress on_progress;
};

struct TrainResult {
  TrainerState state;
  int signal = 0;            // that stopped the run; 0: it is finished
  int64_t skipped = 0;       // corrupt training images, each time they were met
  int64_t test_skipped = 0;  // corrupt test images, in the last evaluation
  bool ended_early = false;  // by options.patience
};

// Trains `model`, which is on job.device, and writes to `folder`: metrics,
// summary, last and best weights, the run state. Resumes from the folder's
// state if there is one. Every random draw is a function of seed, step and
// position, so a run that was interrupted ends like one that was not. If an
// evaluation fails, weights and state are saved first, and resuming repeats it.
// Of job.val, the best weights on it are evaluated on job.test at the end.
//
// With a group every rank calls it, with the same job apart from the device.
// Each computes its share of every effective batch and evaluation; weights stay
// equal on all, and only the first rank writes. A signal that one rank has
// received stops all after the same step. The number of ranks changes only
// rounding.
// Errors: kConfig if the loss is NaN or infinite (the last good state is kept);
// kFormat if all images of an epoch or an evaluation are corrupt; kIo; what the
// data set throws.
TrainResult Fit(nn::Model& model, const TrainJob& job, const RunFolder& folder,
                const TrainCallbacks& callbacks);

}  // namespace wsel::train
