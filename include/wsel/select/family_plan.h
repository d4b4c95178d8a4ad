// Torch-free.
#pragma once

#include <vector>

#include "wsel/model/family.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// Plans a student of a described family. `teacher_sizes` states what shapes do
// not tell ("inner.heads"); `student_sizes` what the student is to be: a size
// that it leaves out shrinks with the dimension it follows, else is the
// teacher's. Errors: those of model::Match and PlanGeneric; kUsage for a size
// that is unknown or below 1; kMismatch for sizes that do not divide, heads
// that do not fit the rule, or more layers than the teacher's.
Plan PlanByFamily(const model::FamilyTable& family,
                  const std::vector<TensorSpec>& teacher,
                  const model::Sizes& teacher_sizes,
                  const model::Sizes& student_sizes, const Options& options,
                  const Evidence& evidence);

}  // namespace wsel::select
