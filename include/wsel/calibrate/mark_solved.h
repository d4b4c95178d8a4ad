// Torch-free.
#pragma once

#include "wsel/select/plan.h"

namespace wsel::calibrate {

// Adds to a plan by Solve::kRegression or kProjection which tensors are
// computed, and how. Errors: kUsage for options that the method cannot follow;
// kMismatch, naming the dimension, for models that it cannot.
void MarkSolved(select::Plan& plan);

}  // namespace wsel::calibrate
