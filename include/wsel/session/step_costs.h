#pragma once

#include <c10/core/Device.h>

#include <map>
#include <string>

#include "wsel/recipe/recipe.h"

namespace wsel::session {

// Time of an optimizer step on this machine, measured once per model on random
// images; loading, evaluation and teachers are not included.
class StepCosts {
 public:
  // `threads`: 0 for all. Errors: as train::FindDevice.
  StepCosts(const std::string& device, int threads);

  // Of one step of the recipe.
  double SecondsOf(const recipe::Recipe& recipe);

  std::string device_name() const { return device_.str(); }

 private:
  c10::Device device_;
  std::map<std::string, double> seconds_per_image_;  // by model and precision
};

}  // namespace wsel::session
