// Torch-free.
#pragma once

#include "wsel/select/family.h"
#include "wsel/select/options.h"

namespace wsel::select {

// All sizes of a student: those `given`; others shrink with the dimension that
// they follow, or equal the teacher's. The number of attention heads is known
// if the rule or the user determines it.
// Errors: kUsage for a size that is unknown or below 1; kMismatch for sizes
// that do not divide, heads that do not fit the rule, and sizes of dimensions
// that the teacher lacks.
Sizes StudentSizes(const FamilyTable& family, const Sizes& teacher,
                   const Sizes& given, Heads rule);

}  // namespace wsel::select
