#include "wsel/optim/schedule.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::optim {
namespace {

[[noreturn]] void ThrowConfig(std::string_view option,
                              std::string_view message) {
  throw Error(ErrorKind::kConfig, option, message);
}

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

void Validate(const ScheduleOptions& options) {
  CheckNotNegative("optimizer.lr", options.lr);
  CheckNotNegative("optimizer.min_lr", options.min_lr);
  if (options.min_lr > options.lr) {
    ThrowConfig(
        "optimizer.min_lr",
        fmt::format("is {}: must not be above optimizer.lr, which is {}",
                    options.min_lr, options.lr));
  }
  CheckAtLeast("train.epochs", options.epochs, 1);
  CheckAtLeast("steps per epoch", options.steps_per_epoch, 1);
  if (options.epochs >
      std::numeric_limits<int64_t>::max() / options.steps_per_epoch) {
    ThrowConfig("train.epochs",
                fmt::format("{} epochs of {} steps are too many to count",
                            options.epochs, options.steps_per_epoch));
  }
  if (options.warmup_epochs < 0 || options.warmup_epochs > options.epochs) {
    ThrowConfig("train.warmup_epochs",
                fmt::format("is {}: must be 0 to train.epochs, which is {}",
                            options.warmup_epochs, options.epochs));
  }
}

int64_t TotalSteps(const ScheduleOptions& options) {
  Validate(options);
  return options.epochs * options.steps_per_epoch;
}

double LearningRate(const ScheduleOptions& options, int64_t step) {
  const int64_t total = TotalSteps(options);
  if (step < 0 || step >= total) {
    ThrowConfig("step",
                fmt::format("{} is out of range: the training has {} steps",
                            step, total));
  }
  const int64_t warmup = options.warmup_epochs * options.steps_per_epoch;
  if (step < warmup) return Warmup(options.lr, warmup, step);
  return Cosine(options.lr, options.min_lr, total - warmup, step - warmup);
}

}  // namespace wsel::optim
