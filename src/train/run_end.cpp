#include "run_end.h"

#include <algorithm>
#include <cstdint>

#include "wsel/run/run_progress.h"

namespace wsel::train {
namespace {

// Whether training ended before its last epoch, for want of a better score. All
// evaluations of `state` are done.
bool EndedEarly(const TrainerState& state, const Options& options,
                int64_t steps_per_epoch) {
  if (options.patience == 0 || state.step % steps_per_epoch != 0) return false;
  const auto after = [&](int64_t epoch) {
    return run::EvaluationsAfter(epoch, options.schedule.epochs,
                                 options.val_interval);
  };
  const int64_t best = std::max(state.best_epoch, state.best_ema_epoch);
  const int64_t since = after(best) - after(state.step / steps_per_epoch);
  return since >= options.patience;
}

}  // namespace

bool LacksEvaluation(const TrainerState& state,
                     const optim::LrSchedule& schedule) {
  return state.step > 0 && state.step % schedule.steps_per_epoch() == 0 &&
         state.loss_sum != 0;
}

bool IsTrained(const TrainerState& state, const Options& options,
               const optim::LrSchedule& schedule) {
  if (LacksEvaluation(state, schedule)) return false;
  return state.step >= schedule.total_steps() ||
         EndedEarly(state, options, schedule.steps_per_epoch());
}

bool LacksTest(const TrainerState& state, const TrainJob& job) {
  return job.TestsAtTheEnd() && state.test_top1 < 0;
}

void ForgetTest(TrainerState& state) {
  const TrainerState untested;
  state.test_top1 = untested.test_top1;
  state.test_ema_top1 = untested.test_ema_top1;
  state.test_average_top1 = untested.test_average_top1;
}

}  // namespace wsel::train
