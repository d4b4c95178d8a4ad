#include "wsel/optim/schedule.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::optim {
namespace {

// numpy.linspace(0, lr, steps)[step]
double Warmup(double lr, int64_t steps, int64_t step) {
  if (step == 0) return 0;
  // Not the product below, which may differ from lr by rounding.
  if (step == steps - 1) return lr;
  const double stride = lr / static_cast<double>(steps - 1);
  return static_cast<double>(step) * stride;
}

double Cosine(double lr, double min_lr, int64_t steps, int64_t step) {
  const double angle =
      std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps);
  return min_lr + 0.5 * (lr - min_lr) * (1 + std::cos(angle));
}

}  // namespace

LrSchedule::LrSchedule(const ScheduleOptions& options, int64_t steps_per_epoch)
    : options_(options), steps_per_epoch_(steps_per_epoch) {
  CheckNotNegative("lr", options.lr);
  CheckNotNegative("min_lr", options.min_lr);
  if (options.min_lr > options.lr) {
    throw Error(ErrorKind::kConfig, "min_lr",
                "is {}; it must not be above lr ({})", options.min_lr,
                options.lr);
  }
  CheckAtLeast("epochs", options.epochs, 1);
  CheckAtLeast("steps_per_epoch", steps_per_epoch, 1);
  if (options.epochs > std::numeric_limits<int64_t>::max() / steps_per_epoch) {
    throw Error(ErrorKind::kConfig, "epochs",
                "{} epochs of {} steps are too many to count", options.epochs,
                steps_per_epoch);
  }
  CheckBetween("warmup_epochs", options.warmup_epochs, 0, options.epochs);
}

double LrSchedule::At(int64_t step) const {
  const int64_t total = total_steps();
  if (step < 0 || step >= total) {
    throw Error(ErrorKind::kConfig, "step",
                "{} is out of range: the training has {} steps", step, total);
  }
  const int64_t warmup = options_.warmup_epochs * steps_per_epoch_;
  if (step < warmup) return Warmup(options_.lr, warmup, step);
  return Cosine(options_.lr, options_.min_lr, total - warmup, step - warmup);
}

}  // namespace wsel::optim
