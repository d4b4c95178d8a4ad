// Torch-free.
#pragma once

#include <vector>

#include "wsel/select/family.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// Plans a student of an architecture that a family file describes.
// `teacher_sizes` gives what cannot be read from shapes ("inner.heads");
// `student_sizes` gives the student's sizes. One that it omits shrinks with the
// dimension that it follows, else equals the teacher's.
// Errors: those of a family that does not match, and of PlanSelection; kUsage
// for a size that is unknown or below 1; kMismatch for sizes that do not
// divide, heads that do not fit the rule, or more layers than the teacher's.
Plan PlanByFamily(const FamilyTable& family,
                  const std::vector<TensorSpec>& teacher,
                  const Sizes& teacher_sizes, const Sizes& student_sizes,
                  const Options& options, const ImportanceScores& importance);

}  // namespace wsel::select
