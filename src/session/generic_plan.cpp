#include "generic_plan.h"

#include "wsel/select/generic_plan.h"
#include "wsel/select/importance_scores.h"
#include "wsel/select/generic_plan.h"

namespace wsel::session {
namespace {

std::string FileName(const std::filesystem::path& path) {
  return path.filename().string();
}

select::Plan PlanOf(const FamilyStudent& student,
                    const checkpoint::Checkpoint& teacher,
                    const select::Options& options) {
  return select::PlanByFamily(student.family, teacher.Specs(),
                              student.teacher_sizes, student.student_sizes,
                              options, select::ImportanceScoresOf(teacher));
}

select::Plan PlanOf(const LikeStudent& student,
                    const checkpoint::Checkpoint& teacher,
                    const select::Options& options) {
  const auto like = checkpoint::Open(student.checkpoint);
  return select::PlanLike(teacher.Specs(), FileName(teacher.path()),
                          like->Specs(), FileName(like->path()), options,
                          select::ImportanceScoresOf(teacher));
}

}  // namespace

select::Plan PlanGenericStudent(const StudentRequest& request,
                                const checkpoint::Checkpoint& teacher) {
  const auto* family = std::get_if<FamilyStudent>(&request.student);
  select::Plan plan = family != nullptr
                          ? PlanOf(*family, teacher, request.options)
                          : PlanOf(std::get<LikeStudent>(request.student),
                                   teacher, request.options);
  for (const checkpoint::UnsupportedTensor& tensor : teacher.unsupported()) {
    plan.unused.push_back({tensor.name, tensor.reason});
  }
  return plan;
}

void CheckGenericStudent(const StudentRequest& request) {
  const auto* like = std::get_if<LikeStudent>(&request.student);
  if (like != nullptr) checkpoint::Open(like->checkpoint);
}

}  // namespace wsel::session
