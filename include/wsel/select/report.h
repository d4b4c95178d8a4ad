// Torch-free.
#pragma once

#include <string>

#include "wsel/select/plan.h"

namespace wsel::select {

// The plan as text for people: both models, the layer map, the index sets, one
// line for each tensor (equal lines of several blocks as one, with "*" for the
// block), what is unused and why, notes, and a sum.
std::string Report(const Plan& plan);

// The report without index sets, tensors and what is unused.
std::string Summary(const Plan& plan);

// Elements of the student by where they come from.
struct Shares {
  int64_t selected = 0;
  int64_t fresh = 0;
};
Shares CountShares(const Plan& plan);

}  // namespace wsel::select
