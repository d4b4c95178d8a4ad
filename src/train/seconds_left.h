// Torch-free.
#pragma once

#include <algorithm>
#include <cstdint>

namespace wsel::train {

// What each part of a run takes, in seconds.
struct PartSeconds {
  double step = 0;        // an optimizer step
  double evaluation = 0;  // of the weights and of any EMA weights
  double save = 0;
};

// Of so many steps and evaluations, with a save every `save_interval` seconds
// and at the end, but at most one after each step.
inline double SecondsLeft(const PartSeconds& each, int64_t steps,
                          int64_t evaluations, double save_interval) {
  const double working = static_cast<double>(steps) * each.step +
                         static_cast<double>(evaluations) * each.evaluation;
  const auto most = static_cast<double>(steps);
  const double saves =
      save_interval > 0 ? std::min(most, working / save_interval) : most;
  return working + (saves + 1) * each.save;
}

}  // namespace wsel::train
