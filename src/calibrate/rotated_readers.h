#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "stacked_layer.h"
#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// A linear layer behind a norm, in the basis of the student's stream and in
// float64. What it computes of the norm of s, without weight and bias, times
// NormScale is what the teacher's layer computes of its norm.
struct RotatedReader {
  at::Tensor weight;  // [out, d]
  at::Tensor bias;    // [out]; zeros if there is none
};

// Of the teacher's layer `layer` behind `norm`, "" for none: W diag(g) P, and
// W b + c. `basis` [D, d] is P.
RotatedReader Rotated(const Weights& teacher, const std::string& norm,
                      const StackedLayer& layer, const at::Tensor& basis);

// sqrt(D / d) |s| / |y|, root mean squares over rows: the weight of the
// student's norm. `student` and `teacher` are the sums of |s|^2 and |y|^2.
double NormScale(double student, double teacher, int64_t student_width,
                 int64_t teacher_width);

// Sets the student's layer. Rows without a bias take theirs from the norm's
// bias, which they read along the constant direction: the norm itself has none
// there. An RMSNorm has no bias, so nothing of it is to be taken.
void SetReader(const RotatedReader& reader, const std::string& norm,
               const StackedLayer& layer, Weights& student);

}  // namespace wsel::calibrate
