#include "wsel/optim/schedule.h"

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
double TimmWarmup(double first, double lr, int64_t steps, int64_t step) {
  const double stride = (lr - first) / static_cast<double>(steps);
  return first + static_cast<double>(step) * stride;
}

double Cosine(double lr, double min_lr, double steps, double step) {
  return min_lr +
         0.5 * (lr - min_lr) * (1 + std::cos(std::numbers::pi * step / steps));
}

// timm's CosineLRScheduler; `steps`: of the first cycle.
double CosineRestarts(const ScheduleOptions& o, int64_t steps, int64_t step) {
  const auto first = static_cast<double>(steps);
  const auto at = static_cast<double>(step);
  double cycle = 0;
  double length = first;
  double begin = 0;
  if (o.cycle_mul == 1) {
    cycle = static_cast<double>(step / steps);
    begin = first * cycle;
  } else {
    // The number of the cycle by timm's formula, with its rounding.
    cycle = std::floor(std::log(1 - at / first * (1 - o.cycle_mul)) /
                       std::log(o.cycle_mul));
    const double growth = std::pow(o.cycle_mul, cycle);
    length = growth * first;
    begin = (1 - growth) / (1 - o.cycle_mul) * first;
  }
  if (o.cycle_limit > 0 && cycle >= static_cast<double>(o.cycle_limit)) {
    return o.min_lr;
  }
  return Cosine(o.lr * std::pow(o.cycle_decay, cycle), o.min_lr, length,
                at - begin);
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
  const auto rise =
      options_.name == ScheduleName::kCosine ? LinspaceWarmup : TimmWarmup;
  return rise(options_.warmup_lr, options_.lr, warmup, step);
}

double LrSchedule::AfterWarmup(int64_t step, int64_t warmup) const {
  switch (options_.name) {
    case ScheduleName::kStep:
      return options_.lr *
             std::pow(options_.decay_rate,
                      step / (options_.decay_epochs * steps_per_epoch_));
    case ScheduleName::kCosineRestarts:
      return CosineRestarts(options_, options_.cycle_epochs * steps_per_epoch_,
                            step);
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

}  // namespace wsel::optim
