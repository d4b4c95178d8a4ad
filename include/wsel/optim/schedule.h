// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::optim {

// The learning rate schedule of the paper's recipe: cosine_scheduler of the
// official ConvNeXt and weight-selection code. Steps are optimizer steps,
// whatever the number of micro-batches.
struct ScheduleOptions {
  double lr = 4e-3;      // after warmup; not scaled by the batch size
  double min_lr = 1e-6;  // would be reached one step after the last
  int64_t epochs = 300;
  int64_t warmup_epochs = 50;  // 0: none
  int64_t steps_per_epoch = 1;
};

// Errors: kConfig naming the option: a rate that is negative or not finite,
// min_lr above lr, no epochs, no steps, a warmup longer than the training, more
// than INT64_MAX steps.
void Validate(const ScheduleOptions& options);

// epochs x steps_per_epoch. Errors: as Validate.
int64_t TotalSteps(const ScheduleOptions& options);

// The learning rate of step `step`, 0 to TotalSteps - 1: it rises linearly from
// 0 at step 0 to lr at the last warmup step, then decays from lr towards min_lr
// along half a cosine. A warmup of one step is that step at rate 0.
// Errors: as Validate; kConfig for a step outside this range.
double LearningRate(const ScheduleOptions& options, int64_t step);

}  // namespace wsel::optim
