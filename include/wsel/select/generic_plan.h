// Torch-free.
#pragma once

#include <string>
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

// Plans a student with the names and shapes of another checkpoint, `like`, of
// an unknown architecture. Tensors map by name. A name with a number in it
// ("layer.11.") belongs to a layer if these numbers run from 0 without a gap in
// both models and their counts differ; layers map by Options::layers. Roles are
// unknown: dimensions that shrink between the same two sizes are assumed to be
// the same dimension and get equal indices, and one of three times both sizes,
// a fused q, k, v, gets them in each third. The plan's notes list these
// assumptions. `teacher_name` and `like_name` name the models in the plan.
// Errors: those of PlanSelection; kMismatch if the number of dimensions
// differs; kUsage for a heads rule, which needs to know the attention heads.
Plan PlanLike(const std::vector<TensorSpec>& teacher,
              const std::string& teacher_name,
              const std::vector<TensorSpec>& like, const std::string& like_name,
              const Options& options, const ImportanceScores& importance);

}  // namespace wsel::select
