// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/core/registry.h"

namespace wsel::optim {

// How the learning rate changes after the warmup.
enum class ScheduleName {
  kCosine,  // half a cosine: the paper's
  // One after the other (Loshchilov & Hutter 2017); timm's, and with
  // rewarm_epochs torch's.
  kCosineRestarts,
  kStep,      // times decay_rate every decay_epochs; timm's
  kConstant,  // timm's
  kOneCycle,  // Smith & Topin 2019; torch's, without its momentum
};
// cosine, cosine-restarts, step, constant, one-cycle
const Registry<ScheduleName>& Schedules();

// Defaults are the paper's, Table 13.
struct ScheduleOptions {
  double lr = 4e-3;      // after warmup; not scaled by the batch size
  double min_lr = 1e-6;  // of cosines; would be reached one step after the last
  int64_t epochs = 300;
  int64_t warmup_epochs = 50;  // 0: none

  ScheduleName name = ScheduleName::kCosine;
  double warmup_lr = 0;  // of the first warmup step; not of kOneCycle
  // kStep; timm's decay_epochs and decay_rate.
  int64_t decay_epochs = 0;
  double decay_rate = 0.1;
  // kCosineRestarts; timm's t_initial, cycle_mul, cycle_decay, cycle_limit.
  int64_t cycle_epochs = 0;  // of the first cycle
  double cycle_mul = 1;      // each cycle's length in that of the one before
  double cycle_decay = 1;    // and its highest rate
  int64_t cycle_limit = 0;   // cycles, then min_lr; 0: to the end
  // kOneCycle: the first rate is lr / div_factor, the last one that over
  // final_div_factor. The warmup is its rise.
  double div_factor = 25;
  double final_div_factor = 1e4;
  // kCosineRestarts: the first epochs of each cycle but the first, in which the
  // rate rises from warmup_lr again, as by LinearLR in torch's SequentialLR;
  // the cosine has the rest of the cycle. 0: none.
  int64_t rewarm_epochs = 0;
};

// The learning rate schedules, with steps instead of epochs: kCosine is
// cosine_scheduler of the official ConvNeXt and weight-selection code,
// kOneCycle torch.optim.lr_scheduler.OneCycleLR; the others are timm 1.0.31's
// with warmup_prefix, but for rewarm_epochs, which timm does not have. Steps
// are optimizer steps, whatever the number of micro-batches.
class LrSchedule {
 public:
  // Errors: kConfig naming the field: a rate that is negative or not finite,
  // a min_lr of cosines or a warmup_lr above lr, no epochs, no steps, a warmup
  // longer than the training, more than INT64_MAX steps; of the schedule's own
  // fields no epochs or more than those of the training, a rate outside (0, 1],
  // a cycle_mul or divisor below 1, rewarm_epochs without restarts or
  // not below cycle_epochs.
  LrSchedule(const ScheduleOptions& options, int64_t steps_per_epoch);

  // The learning rate of step `step`, 0 to total_steps() - 1; finite and not
  // negative. It rises linearly from warmup_lr at step 0 to lr: at the last
  // warmup step with kCosine, where a warmup of one step is that step at
  // warmup_lr, and at the step after it with timm's. Errors: kConfig for a step
  // outside this range.
  double At(int64_t step) const;

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t total_steps() const { return options_.epochs * steps_per_epoch_; }

 private:
  // After `warmup` steps, the first of which is step 0.
  double AfterWarmup(int64_t step, int64_t warmup) const;

  ScheduleOptions options_;
  int64_t steps_per_epoch_;
};

// The warmup of so many epochs that has the same share of them as in `usual`,
// rounded to whole epochs; `usual` has at least one epoch.
int64_t ScaledWarmup(const ScheduleOptions& usual, int64_t epochs);

}  // namespace wsel::optim
