// Torch-free.
#pragma once

#include <cstdint>

namespace wsel::optim {

// Defaults are the paper's, Table 13.
struct ScheduleOptions {
  double lr = 4e-3;      // after warmup; not scaled by the batch size
  double min_lr = 1e-6;  // would be reached one step after the last
  int64_t epochs = 300;
  int64_t warmup_epochs = 50;  // 0: none
};

// The learning rate schedule of the paper's recipe: cosine_scheduler of the
// official ConvNeXt and weight-selection code. Steps are optimizer steps,
// whatever the number of micro-batches.
class LrSchedule {
 public:
  // Errors: kConfig naming the field: a rate that is negative or not finite,
  // min_lr above lr, no epochs, no steps, a warmup longer than the training,
  // more than INT64_MAX steps.
  LrSchedule(const ScheduleOptions& options, int64_t steps_per_epoch);

  // The learning rate of step `step`, 0 to total_steps() - 1: it rises linearly
  // from 0 at step 0 to lr at the last warmup step, then decays from lr towards
  // min_lr along half a cosine; finite and not negative. A warmup of one step
  // is that step at rate 0. Errors: kConfig for a step outside this range.
  double At(int64_t step) const;

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t total_steps() const { return options_.epochs * steps_per_epoch_; }

 private:
  ScheduleOptions options_;
  int64_t steps_per_epoch_;
};

}  // namespace wsel::optim
