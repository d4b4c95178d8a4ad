#pragma once

#include "wsel/calibrate/solve.h"

namespace wsel::calibrate {

// SolveRegression of each architecture: changes `student`, which has the
// tensors that were taken, and returns the maps of its streams, and a warning.
struct Regression {
  std::vector<at::Tensor> encode;
  std::string warning;
};
Regression RegressVit(const select::Plan& plan, const Reference& teacher,
                      const Images& images, Weights& student);
Regression RegressConvNext(const select::Plan& plan, const Reference& teacher,
                           const Images& images, Weights& student);

}  // namespace wsel::calibrate
