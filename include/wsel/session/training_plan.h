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
  int threads = 0;          // of each rank, on the CPU; 0: not known
  std::string config = {};  // the file of the effective recipe; "": none
  std::string base = {};    // whence the values come that nothing gave; ""
};

// A summary to check before training, a line each: the model, its weights, the
// images, which of them choose the best weights and how those of training are
// changed, the steps, the learning rate, the device, and which values are
// defaults that the data may not have. Fields of requests are in backticks, as
// in errors. The recipe is resolved; the number of images may be unknown.
// Errors: as data::StepsPerEpoch.
std::string PlanText(const recipe::Recipe& recipe, const SplitSizes& sizes,
                     const PlanSetting& setting);

}  // namespace wsel::session
