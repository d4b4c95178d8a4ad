// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/select/plan.h"

namespace wsel::select {

// Plans a student that has the names and shapes of another checkpoint, of
// unknown family: equal names pair up. Names whose numbered parts
// ("layer.11.") run from 0 without a gap, to another count in the teacher, are
// layers, and pair by the layer map. Roles are unknown: dimensions that shrink
// from one size to the same size are taken to be the same one and get equal
// indices, and one of three times both sizes, a fused q, k, v, gets them in
// three parts; the plan's notes say so. The names are those of the models in
// the plan.
// Errors: those of PlanGeneric; kMismatch for other numbers of dimensions;
// kUsage for a heads rule, which needs to know what heads are.
Plan PlanLike(const std::vector<TensorSpec>& teacher,
              const std::string& teacher_name,
              const std::vector<TensorSpec>& like, const std::string& like_name,
              const Options& options, const Evidence& evidence);

}  // namespace wsel::select
