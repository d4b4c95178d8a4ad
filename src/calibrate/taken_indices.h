#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "wsel/calibrate/weights.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// The indices [n], int64, that a plan takes along a dimension, by the name of
// its set ("width", "blocks.3.mlp"); all `of` if the plan has no such set.
at::Tensor TakenIndices(const select::Plan& plan, const std::string& set,
                        int64_t of);

// All tensors of a student in the order and shapes of the plan.
select::Student StudentOf(const select::Plan& plan, const Weights& weights,
                          const std::string& teacher_digest);

}  // namespace wsel::calibrate
