// Torch-free.
#pragma once

#include <string>

#include "wsel/recipe/recipe.h"
#include "wsel/session/open_splits.h"

namespace wsel::session {

// What a run has beside its recipe.
struct PlanSetting {
  std::string device;    // "cpu", "cuda:0"
  bool resumes = false;  // with the weights of its saved state
  int ranks = 1;
  int threads = 0;  // of each rank, on the CPU; 0: not known
};

// A summary to check before training, a line each: the model, its
// weights, the images and which of them choose the best weights, the steps, the
// learning rate, the device, and which values are defaults that the data may
// not have. The recipe is resolved; the number of images may be unknown.
// Errors: as data::StepsPerEpoch.
std::string PlanText(const recipe::Recipe& recipe, const SplitSizes& sizes,
                     const PlanSetting& setting);

}  // namespace wsel::session
