// Torch-free.
#pragma once

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/select/plan.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// Plans a FamilyStudent or LikeStudent from the teacher's tensors, under the
// names in its file. Errors: kIo, kFormat for the like-checkpoint; those of
// select::PlanByFamily and PlanLike.
select::Plan PlanGenericStudent(const StudentRequest& request,
                                const checkpoint::Checkpoint& teacher);

// Checks what can be checked without the teacher. Errors: as above, but only of
// the files.
void CheckGenericStudent(const StudentRequest& request);

}  // namespace wsel::session
