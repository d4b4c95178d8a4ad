#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "wsel/select/plan.h"

namespace wsel::calibrate {

// The `to` indices, int64, that a plan takes along a dimension of `of`, by the
// name of its set ("width", "blocks.3.mlp"); all if the plan has no such set.
// Errors: kFormat if that is another number, in a plan that was edited.
at::Tensor TakenIndices(const select::Plan& plan, const std::string& set,
                        int64_t of, int64_t to);

// The indices along which a dimension is taken as a map [from, to] of zeros and
// ones, float64.
at::Tensor TakingMap(const at::Tensor& indices, int64_t from);

}  // namespace wsel::calibrate
