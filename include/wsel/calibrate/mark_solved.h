// Torch-free.
#pragma once

#include "wsel/select/plan.h"

namespace wsel::calibrate {

// Adds to a plan by Solve::kRegression or kProjection which tensors are
// computed, and how. Errors: kUsage for options that the method cannot follow;
// kMismatch, naming the dimension, for models that it cannot.
void MarkSolved(select::Plan& plan);

// Whether projection cannot mix the channels of a head: rotary positions and
// norms within attention act on them one by one, and differential attention
// depends on their order. A student's heads then have as many channels as the
// teacher's.
bool KeepsHeadsWhole(const model::Config& teacher);

}  // namespace wsel::calibrate
