#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "wsel/calibrate/weights.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// The `to` indices, int64, that a plan takes along a dimension of `of`, by the
// name of its set ("width", "blocks.3.mlp"); all if the plan has no such set.
// Errors: kFormat if that is another number, in a plan that was edited.
at::Tensor TakenIndices(const select::Plan& plan, const std::string& set,
                        int64_t of, int64_t to);

// All tensors of a student in the order and shapes of the plan.
select::Student StudentOf(const select::Plan& plan, const Weights& weights,
                          const std::string& teacher_digest);

}  // namespace wsel::calibrate
