// Torch-free.
#pragma once

#include "wsel/model/config.h"
#include "wsel/pretrained/facts.h"
#include "wsel/select/plan.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// The student's config for this teacher; of a SizedStudent as large as the
// teacher.
model::Config StudentConfig(const StudentRequest& request,
                            const model::Config& teacher);

// What is known of a teacher, to compute its outputs. Errors: kUsage
// for a generic student; as RequireKnownHeads and FactsOf.
pretrained::Facts RunnableFacts(
    const StudentRequest& request,
    const pretrained::PretrainedCheckpoint& teacher);

// The plan that a request gives, with the checks of one that was edited.
// Errors: kIo, kFormat; kUsage if it needs a teacher and there is none, or the
// other way round, or if images are given that it does not need; as
// calibrate::MarkSolved.
select::Plan ReadPlan(const StudentRequest& request);

}  // namespace wsel::session
