// Torch-free.
#pragma once

#include <functional>
#include <string>

#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/select/plan.h"
#include "wsel/select/svd_parts.h"
#include "wsel/session/calibrated_student.h"
#include "wsel/session/init_request.h"
#include "wsel/session/size_choices.h"

namespace wsel::session {

// What takes LibTorch. In the program without it a call continues in the other
// one, so nothing is printed or written before these are called.
struct InitSteps {
  std::function<PreparedStudent(const InitRequest&, const StudentRequest&,
                                const pretrained::PretrainedCheckpoint*)>
      prepare;
  std::function<const select::SvdParts&()> svd;
};

// What is shown of a student before it is written.
struct InitView {
  std::function<void(const std::string&)> missing;  // a file, in a dry run
  std::function<void(const SizeChoice&)> sizes;     // of a budget
  std::function<void(const select::Plan&)> plan;
};

// Whether the plan is made from calibration images, which takes LibTorch.
bool PlansByImages(const InitRequest& request, const StudentRequest& student);

// PrepareStudent (calibrated_student.h) on the threads of the request; in a dry
// run nothing is computed.
PreparedStudent PrepareStudent(const InitRequest& request,
                               const StudentRequest& student,
                               const pretrained::PretrainedCheckpoint* teacher);

// Opens the teacher, plans, shows and saves the plan, applies it and writes the
// student. A dry run ends with the plan, and goes as far as the files that are
// there allow. `student` is RequestOf(request.student); `command` the whole
// command line. Errors: as PlanStudent, PrepareStudent and WriteStudent; kIo if
// a missing file leaves no plan to print as JSON or to save.
void InitStudent(const InitRequest& request, const StudentRequest& student,
                 const InitSteps& steps, const InitView& view,
                 const std::string& command);

}  // namespace wsel::session
