#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// A linear layer behind a layer norm, in the basis of the student's stream and
// in float64. What it computes of the norm of s, without weight and bias, times
// `scale` is what the teacher's layer computes of its norm.
struct RotatedReader {
  at::Tensor weight;  // [out, d]
  at::Tensor bias;    // [out]; zeros if there is none
};

// Of the teacher's layer `layer` behind `norm`: W diag(g) P, and W b + c.
// `basis` [D, d] is P.
RotatedReader Rotated(const Weights& teacher, const std::string& norm,
                      const std::string& layer, const at::Tensor& basis);

// sqrt(D / d) |s| / |y|, root mean squares over rows: the weight of the
// student's norm. `student` and `teacher` are the sums of |s|^2 and |y|^2.
double NormScale(double student, double teacher, int64_t student_width,
                 int64_t teacher_width);

// Sets the student's layer. One without a bias takes it from the norm's bias,
// which it reads along the constant direction: the norm itself has none there.
void SetReader(const RotatedReader& reader, const std::string& norm,
               const std::string& layer, bool with_bias, Weights& student);

}  // namespace wsel::calibrate
