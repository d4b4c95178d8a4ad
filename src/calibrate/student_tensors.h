#pragma once

#include <string>

#include "wsel/calibrate/weights.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// All tensors of a student in the order and shapes of the plan; those that the
// plan re-initialises are drawn unless `weights` has them.
select::Student StudentOf(const select::Plan& plan, const Weights& weights,
                          const std::string& teacher_digest);

}  // namespace wsel::calibrate
