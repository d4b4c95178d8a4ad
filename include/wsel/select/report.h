// Torch-free.
#pragma once

#include <string>

#include "wsel/select/plan.h"

namespace wsel::select {

// The plan as readable text: both models, the layer selection, the index sets,
// one line per tensor (equal lines of several blocks as one, with "*" for the
// block), unused tensors with the reason, notes, and totals.
std::string Report(const Plan& plan);

// The report without index sets, tensors and unused tensors.
std::string Summary(const Plan& plan);

// Elements of the student by their source.
struct ElementCounts {
  int64_t selected = 0;
  int64_t computed = 0;
  int64_t reinitialised = 0;
};
ElementCounts CountElements(const Plan& plan);

}  // namespace wsel::select
