// Torch-free.
#pragma once

#include <optional>

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"
#include "wsel/session/size_choices.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// A plan, and the student if it is computed already.
struct PreparedStudent {
  select::Plan plan;
  std::optional<select::Student> student;
  std::optional<SizeChoice> sizes = {};  // of a SizedStudent
};

// PlanStudent, also for requests with calibration images: opens them, chooses
// sizes, blocks and channels by them, and then, with `compute`, makes the
// student and its agreement with the teacher, a part of the plan. A plan that
// was made before and solves for tensors is computed again. Errors: as
// PlanStudent and calibrate/solve.h; kUsage, kIo and kFormat for the images;
// kMismatch if they are not those of the plan, or labels are needed and are not
// in the teacher's classes.
PreparedStudent PrepareStudent(const StudentRequest& request,
                               const pretrained::PretrainedCheckpoint* teacher,
                               bool compute);

}  // namespace wsel::session
