#pragma once

#include "wsel/optim/schedule.h"
#include "wsel/train/fit.h"
#include "wsel/train/run_state.h"

namespace wsel::train {

// What a saved state leaves to do.

// Whether the state was saved because the evaluation after its last epoch
// failed: an epoch that has ended has no sum of losses.
bool LacksEvaluation(const TrainerState& state,
                     const optim::LrSchedule& schedule);

// Whether no step and no evaluation after one is left: all epochs are done, or
// options.patience has ended training.
bool IsTrained(const TrainerState& state, const Options& options,
               const optim::LrSchedule& schedule);

// Whether the test images, which others than they chose weights for, are still
// to be looked at.
bool LacksTest(const TrainerState& state, const TrainJob& job);

// Of a run that had ended and resumes with more epochs: its best weights may
// become others, so the test images are looked at again.
void ForgetTest(TrainerState& state);

}  // namespace wsel::train
