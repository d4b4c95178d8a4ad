#include "wsel/session/init_student.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/select/plan_json.h"
#include "wsel/session/student_plan.h"

namespace wsel::session {
namespace {

void ShowPlan(const InitRequest& request, const InitView& view,
              const select::Plan& plan) {
  view.plan(plan);
  if (!request.save_plan.empty()) {
    WriteTextFile(request.save_plan, select::ToJson(plan));
  }
}

bool WantsPlan(const InitRequest& request) {
  return request.json || !request.save_plan.empty();
}

// A dry run if the teacher's file is missing.
void DryRunWithoutFile(const InitRequest& request,
                       const StudentRequest& student, const InitView& view) {
  const std::string& file = request.student.teacher;
  if (!request.json) view.missing(file);
  const auto plan = PlanWithoutFile(student);
  if (WantsPlan(request) && !(plan && IsDecided(*plan))) {
    throw Error(ErrorKind::kIo, file,
                "is missing, so there is no plan to print or save{}",
                student.IsGeneric()
                    ? ""
                    : "; give `teacher_model`, and a `method` that does not "
                      "depend on weights");
  }
  if (plan) ShowPlan(request, view, *plan);
}

// A dry run if the calibration images are missing.
void DryRunWithoutImages(const InitRequest& request,
                         const StudentRequest& student,
                         const pretrained::PretrainedCheckpoint& teacher,
                         const InitView& view) {
  const std::string& root = request.student.calibration.data.root;
  if (!request.json) view.missing(root);
  const auto plan = PlanWithoutImages(student, teacher);
  if (WantsPlan(request)) {
    throw Error(ErrorKind::kIo, root,
                "is missing, so there is no plan to print or save: it depends "
                "on the calibration images");
  }
  if (plan) ShowPlan(request, view, *plan);
}

// Of the teacher and the calibration images, for a dry run.
bool IsMissing(const InitRequest& request, const std::string& file) {
  return request.dry_run && request.student.plan.empty() && !file.empty() &&
         !std::filesystem::exists(file);
}

std::optional<pretrained::PretrainedCheckpoint> OpenTeacherOf(
    const StudentRequest& student) {
  if (student.teacher.empty()) return std::nullopt;
  return pretrained::Open(
      pretrained::CheckpointRequest{.file = student.teacher.string(),
                                    .copy = student.copy,
                                    .given = {.model = student.teacher_model}});
}

PreparedStudent Prepare(const InitRequest& request,
                        const StudentRequest& student,
                        const pretrained::PretrainedCheckpoint* teacher,
                        const InitSteps& steps) {
  if (!PlansByImages(request, student)) {
    select::Plan plan = PlanStudent(student, teacher);
    if (request.dry_run || !IsSolved(plan)) return {std::move(plan), {}};
  }
  return steps.prepare(request, student, teacher);
}

// Null where the student is computed, or the plan does without.
const select::SvdParts* SvdFor(const PreparedStudent& prepared,
                               const InitSteps& steps) {
  const bool needed = !prepared.student && select::NeedsSvd(prepared.plan);
  return needed ? &steps.svd() : nullptr;
}

}  // namespace

bool PlansByImages(const InitRequest& request, const StudentRequest& student) {
  return student.plan.empty() && student.calibration &&
         !IsMissing(request, request.student.teacher) &&
         !IsMissing(request, request.student.calibration.data.root);
}

void InitStudent(const InitRequest& request, const StudentRequest& student,
                 const InitSteps& steps, const InitView& view,
                 const std::string& command) {
  if (IsMissing(request, request.student.teacher)) {
    return DryRunWithoutFile(request, student, view);
  }
  const auto teacher = OpenTeacherOf(student);
  if (teacher && IsMissing(request, request.student.calibration.data.root)) {
    return DryRunWithoutImages(request, student, *teacher, view);
  }
  const auto* source = teacher ? &*teacher : nullptr;
  const auto prepared = Prepare(request, student, source, steps);
  const select::SvdParts* svd =
      request.dry_run ? nullptr : SvdFor(prepared, steps);
  if (teacher) {
    LogTeacher(prepared.plan, *teacher, student.teacher_model.has_value());
  }
  if (prepared.sizes && !request.json) view.sizes(*prepared.sizes);
  ShowPlan(request, view, prepared.plan);
  if (request.dry_run) return;
  WriteStudent(request.output, prepared, source, request.hash, command, svd);
}

}  // namespace wsel::session
