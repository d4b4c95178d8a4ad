#include "regression.h"

#include <ATen/ATen.h>

#include <variant>

#include "student_tensors.h"
#include "tile_sums.h"

namespace wsel::calibrate {

SolvedStudent SolveRegression(const select::Plan& plan,
                              const select::Student& taken,
                              const Reference& teacher, const Images& images) {
  const OneThreadEach guard;
  const at::NoGradGuard no_grad;
  Weights student = WeightsOf(plan, taken);
  const bool vit = std::holds_alternative<model::VitConfig>(teacher.config);
  Regression result = vit ? RegressVit(plan, teacher, images, student)
                          : RegressConvNext(plan, teacher, images, student);
  return {StudentOf(plan, student, taken.teacher_digest),
          std::move(result.encode), std::move(result.warning)};
}

}  // namespace wsel::calibrate
