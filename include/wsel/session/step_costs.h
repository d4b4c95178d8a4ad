#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <string>

#include "wsel/recipe/recipe.h"

namespace wsel::session {

// In seconds.
struct StepCost {
  double per_image = 0;  // forward and backward
  double optimizer = 0;  // once per step

  double OfBatch(int64_t images) const {
    return static_cast<double>(images) * per_image + optimizer;
  }
};

// Time of an optimizer step on this machine, measured once per model on random
// images; loading, evaluation and teachers are not included.
class StepCosts {
 public:
  // `threads`: 0 for all. Errors: as train::FindDevice.
  StepCosts(const std::string& device, int threads);

  // Of one step of the recipe, in seconds.
  double SecondsOf(const recipe::Recipe& recipe);

  std::string device_name() const { return device_.str(); }

 private:
  c10::Device device_;
  std::map<std::string, StepCost> costs_;  // by model and precision
};

}  // namespace wsel::session
