// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/select/plan.h"

namespace wsel::select {

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
