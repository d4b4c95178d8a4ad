// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::optim {

// The learning rate of the paper's recipe, which is cosine_scheduler of the
// official ConvNeXt and weight-selection code. A step is one update of the
// weights, whatever the number of micro-batches that it sums.
struct ScheduleOptions {
  double lr = 4e-3;      // at the end of the warm-up, never scaled by the batch
  double min_lr = 1e-6;  // the cosine's limit, one step after the last
  int64_t epochs = 300;
  int64_t warmup_epochs = 50;  // 0: none
  int64_t steps_per_epoch = 1;
};

// Errors: kConfig at the option: a rate that is negative or not finite, min_lr
// above lr, no epoch, no step, a warm-up longer than the training, more than
// INT64_MAX steps.
void Validate(const ScheduleOptions& options);

// epochs x steps_per_epoch. Errors: as Validate.
int64_t TotalSteps(const ScheduleOptions& options);

// The rate for step `step` of 0 ... TotalSteps - 1: a line from 0 at step 0 to
// lr at the last step of the warm-up, then half a cosine from lr towards
// min_lr. A warm-up of a single step is that step at rate 0.
// Errors: as Validate; kConfig for a step outside of the training.
double LearningRate(const ScheduleOptions& options, int64_t step);

}  // namespace wsel::optim
