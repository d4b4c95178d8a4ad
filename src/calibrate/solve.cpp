#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "architecture.h"
#include "student_tensors.h"
#include "tile_sums.h"
#include "wsel/core/error.h"

namespace wsel::calibrate {

SolvedStudent SolveRegression(const select::Plan& plan,
                              const select::Student& taken,
                              const Reference& teacher, const Images& images) {
  const OneThreadEach guard;
  const at::NoGradGuard no_grad;
  Weights student = WeightsOf(plan, taken);
  Regression result =
      ArchitectureOf(teacher.config).regress(plan, teacher, images, student);
  return {StudentOf(plan, student, taken.teacher_digest),
          std::move(result.encode), std::move(result.warning)};
}

SolvedStudent SolveProjection(const select::Plan& plan,
                              const Reference& teacher, const Images& images) {
  const OneThreadEach guard;
  const at::NoGradGuard no_grad;
  const auto project = ArchitectureOf(teacher.config).project;
  // A plan that was edited: MarkSolved rejects it.
  if (project == nullptr) {
    throw Error(ErrorKind::kMismatch, "method",
                "projection is not for a {}; use regression",
                ArchitectureName(teacher.config));
  }
  return project(plan, teacher, images);
}

}  // namespace wsel::calibrate
