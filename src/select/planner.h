// Torch-free.
#pragma once

#include "component_mapping.h"

namespace wsel::select {

// The one planner: turns a component mapping into a plan. Skipped tensors are
// re-initialised; everything else is checked before `importance` is used.
// Errors: those in the mapping's sources, unless skipped; kMismatch, naming the
// dimension or tensor, for a student that is larger than the teacher; kUsage
// for options that contradict each other, and those of Skip.
Plan PlanMapping(ComponentMapping mapping, const Options& options,
                 const ImportanceScores& importance);

}  // namespace wsel::select
