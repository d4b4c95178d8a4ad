#pragma once

#include "wsel/model/config.h"
#include "wsel/select/plan.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// The student's config for this teacher.
model::Config StudentConfig(const StudentRequest& request,
                            const model::Config& teacher);

// The plan that a request gives. Errors: kIo, kFormat; kUsage if it needs a
// teacher and there is none, or the other way round.
select::Plan ReadPlan(const StudentRequest& request);

}  // namespace wsel::session
