#include "wsel/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::optim {
namespace {

// numpy.linspace(first, lr, steps)[step]
double LinspaceWarmup(double first, double lr, int64_t steps, int64_t step) {
  if (step == 0) return first;
  // Not the sum below, which may differ from lr by rounding.
  if (step == steps - 1) return lr;
  const double stride = (lr - first) / static_cast<double>(steps - 1);
  return first + static_cast<double>(step) * stride;
}

// timm's, which reaches lr after the last step.
double TimmWarmup(double first, double lr, double steps, double step) {
  const double stride = (lr - first) / steps;
  return first + step * stride;
}

double Cosine(double lr, double min_lr, double steps, double step) {
  return min_lr +
         0.5 * (lr - min_lr) * (1 + std::cos(std::numbers::pi * step / steps));
}

// The cycle of a step. With a cycle_mul of 1.5, say, it has no whole number of
// steps, and begins between two.
struct Cycle {
  double number;
  double length;
  double step;  // from the cycle's first one
};

// timm's CosineLRScheduler; `steps`: of the first cycle.
Cycle CycleOf(double cycle_mul, int64_t steps, int64_t step) {
  const auto first = static_cast<double>(steps);
  const auto at = static_cast<double>(step);
  if (cycle_mul == 1) {
    const int64_t cycle = step / steps;
    const auto number = static_cast<double>(cycle);
    return {number, first, at - first * number};
  }
  // The number of the cycle by timm's formula, with its rounding.
  const double number = std::floor(std::log(1 - at / first * (1 - cycle_mul)) /
                                   std::log(cycle_mul));
  const double growth = std::pow(cycle_mul, number);
  const double begin = (1 - growth) / (1 - cycle_mul) * first;
  return {number, growth * first, at - begin};
}

double CosineRestarts(const ScheduleOptions& o, int64_t steps_per_epoch,
                      int64_t step) {
  const Cycle cycle =
      CycleOf(o.cycle_mul, o.cycle_epochs * steps_per_epoch, step);
  if (o.cycle_limit > 0 && cycle.number >= static_cast<double>(o.cycle_limit)) {
    return o.min_lr;
  }
  const double peak = o.lr * std::pow(o.cycle_decay, cycle.number);
  // The first cycle comes after the warmup.
  const double rise =
      cycle.number == 0
          ? 0
          : static_cast<double>(o.rewarm_epochs * steps_per_epoch);
  if (cycle.step < rise) {
    // A decayed peak may be below warmup_lr, and rounding may put the first
    // step before the cycle.
    return TimmWarmup(std::min(o.warmup_lr, peak), peak, rise,
                      std::max(cycle.step, 0.0));
  }
  return Cosine(peak, o.min_lr, cycle.length - rise, cycle.step - rise);
}

// From `from` to `to`, as `done` rises from 0 to 1: torch's _annealing_cos.
double Anneal(double from, double to, double done) {
  return to + (from - to) / 2 * (std::cos(std::numbers::pi * done) + 1);
}

// torch's OneCycleLR with a pct_start of warmup / total.
double OneCycle(const ScheduleOptions& o, int64_t warmup, int64_t total,
                int64_t step) {
  const double first = o.lr / o.div_factor;
  const auto peak = static_cast<double>(warmup - 1);  // -1 without a warmup
  const auto last = static_cast<double>(total - 1);
  const auto at = static_cast<double>(step);
  if (step < warmup) return peak == 0 ? o.lr : Anneal(first, o.lr, at / peak);
  return Anneal(o.lr, first / o.final_div_factor, (at - peak) / (last - peak));
}

bool HasCosine(ScheduleName name) {
  return name == ScheduleName::kCosine || name == ScheduleName::kCosineRestarts;
}

void CheckNotAboveLr(const char* option, double rate, double lr) {
  if (rate <= lr) return;
  throw Error(ErrorKind::kConfig, option, "is {}; it must not be above lr ({})",
              rate, lr);
}

void CheckRates(const ScheduleOptions& options) {
  CheckNotNegative("lr", options.lr);
  CheckNotNegative("min_lr", options.min_lr);
  CheckNotNegative("warmup_lr", options.warmup_lr);
  CheckNotAboveLr("warmup_lr", options.warmup_lr, options.lr);
  if (HasCosine(options.name)) {
    CheckNotAboveLr("min_lr", options.min_lr, options.lr);
  }
}

void CheckRewarm(const ScheduleOptions& options) {
  constexpr const char* kField = "rewarm_epochs";
  CheckAtLeast(kField, options.rewarm_epochs, 0);
  if (options.rewarm_epochs == 0) return;
  if (options.name != ScheduleName::kCosineRestarts) {
    throw Error(ErrorKind::kConfig, kField,
                "is {}; it must be 0 with the schedule {}: only "
                "cosine-restarts has restarts",
                options.rewarm_epochs, Schedules().NameOf(options.name));
  }
  if (options.rewarm_epochs >= options.cycle_epochs) {
    throw Error(ErrorKind::kConfig, kField,
                "is {}; it must be below cycle_epochs ({}), of which it is a "
                "part",
                options.rewarm_epochs, options.cycle_epochs);
  }
}

// The fields that only options.name has.
void CheckOwnFields(const ScheduleOptions& options) {
  constexpr double kLeast = 1e-9;
  switch (options.name) {
    case ScheduleName::kStep:
      CheckBetween("decay_epochs", options.decay_epochs, 1, options.epochs);
      CheckRealBetween("decay_rate", options.decay_rate, kLeast, 1);
      break;
    case ScheduleName::kCosineRestarts:
      CheckBetween("cycle_epochs", options.cycle_epochs, 1, options.epochs);
      CheckRealBetween("cycle_mul", options.cycle_mul, 1, 1000);
      CheckRealBetween("cycle_decay", options.cycle_decay, kLeast, 1);
      CheckAtLeast("cycle_limit", options.cycle_limit, 0);
      break;
    case ScheduleName::kOneCycle:
      CheckRealBetween("div_factor", options.div_factor, 1, 1e12);
      CheckRealBetween("final_div_factor", options.final_div_factor, 1, 1e12);
      break;
    case ScheduleName::kCosine:
    case ScheduleName::kConstant:
      break;
  }
}

}  // namespace

const Registry<ScheduleName>& Schedules() {
  static constexpr Registered<ScheduleName> kRows[] = {
      {ScheduleName::kCosine, "cosine"},
      {ScheduleName::kCosineRestarts, "cosine-restarts"},
      {ScheduleName::kStep, "step"},
      {ScheduleName::kConstant, "constant"},
      {ScheduleName::kOneCycle, "one-cycle"}};
  static constexpr Registry<ScheduleName> kRegistry("schedule", kRows);
  return kRegistry;
}

LrSchedule::LrSchedule(const ScheduleOptions& options, int64_t steps_per_epoch)
    : options_(options), steps_per_epoch_(steps_per_epoch) {
  CheckRates(options);
  CheckAtLeast("epochs", options.epochs, 1);
  CheckAtLeast("steps_per_epoch", steps_per_epoch, 1);
  if (options.epochs > std::numeric_limits<int64_t>::max() / steps_per_epoch) {
    throw Error(ErrorKind::kConfig, "epochs",
                "{} epochs of {} steps are too many to count", options.epochs,
                steps_per_epoch);
  }
  CheckBetween("warmup_epochs", options.warmup_epochs, 0, options.epochs);
  CheckOwnFields(options);
  CheckRewarm(options);
}

double LrSchedule::At(int64_t step) const {
  const int64_t total = total_steps();
  if (step < 0 || step >= total) {
    throw Error(ErrorKind::kConfig, "step",
                "{} is out of range: the training has {} steps", step, total);
  }
  const int64_t warmup = options_.warmup_epochs * steps_per_epoch_;
  if (options_.name == ScheduleName::kOneCycle) {
    return OneCycle(options_, warmup, total, step);
  }
  if (step >= warmup) return AfterWarmup(step - warmup, warmup);
  if (options_.name == ScheduleName::kCosine) {
    return LinspaceWarmup(options_.warmup_lr, options_.lr, warmup, step);
  }
  return TimmWarmup(options_.warmup_lr, options_.lr,
                    static_cast<double>(warmup), static_cast<double>(step));
}

double LrSchedule::AfterWarmup(int64_t step, int64_t warmup) const {
  switch (options_.name) {
    case ScheduleName::kStep:
      return options_.lr *
             std::pow(options_.decay_rate,
                      step / (options_.decay_epochs * steps_per_epoch_));
    case ScheduleName::kCosineRestarts:
      return CosineRestarts(options_, steps_per_epoch_, step);
    case ScheduleName::kCosine:
      return Cosine(options_.lr, options_.min_lr,
                    static_cast<double>(total_steps() - warmup),
                    static_cast<double>(step));
    case ScheduleName::kConstant:
    case ScheduleName::kOneCycle:
      break;
  }
  return options_.lr;
}

int64_t ScaledWarmup(const ScheduleOptions& usual, int64_t epochs) {
  return std::llround(static_cast<double>(usual.warmup_epochs) *
                      static_cast<double>(epochs) /
                      static_cast<double>(usual.epochs));
}

}  // namespace wsel::optim
