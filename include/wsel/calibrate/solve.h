#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// A student, and how its residual stream is read from the teacher's.
struct SolvedStudent {
  select::Student student;  // as select::Apply gives it
  // Per stage the map [D, d], float64, of the teacher's stream x (rows) to the
  // student's. Of SolveProjection it takes the mean off first, unless the model
  // has RMSNorm or no final norm.
  std::vector<at::Tensor> encode;
  std::string warning;  // "": none
};

// Solve::kRegression: the student of a plan of elements, `taken`; its layers
// that read and write the residual stream are then fitted. `teacher` has the
// student's blocks (WithBlocks). Errors: kMismatch, naming the layer, for
// activations that are NaN or infinite; kIo for temporary files.
SolvedStudent SolveRegression(const select::Plan& plan,
                              const select::Student& taken,
                              const Reference& teacher, const Images& images);

// Solve::kProjection, of a ViT. Errors: as SolveRegression.
SolvedStudent SolveProjection(const select::Plan& plan,
                              const Reference& teacher, const Images& images);

}  // namespace wsel::calibrate
