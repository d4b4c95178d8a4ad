#include "rotated_readers.h"

#include <ATen/ATen.h>

#include <cmath>

namespace wsel::calibrate {

RotatedReader Rotated(const Weights& teacher, const std::string& norm,
                      const std::string& layer, const at::Tensor& basis) {
  const auto weight = teacher[layer + ".weight"].to(at::kDouble);
  const auto scale = teacher[norm + ".weight"].to(at::kDouble);
  const auto shift = teacher[norm + ".bias"].to(at::kDouble);
  auto bias = at::mv(weight, shift);
  if (const at::Tensor own = teacher[layer + ".bias"]; own.defined()) {
    bias = bias + own.to(at::kDouble);
  }
  return {at::matmul(weight * scale, basis), bias};
}

double NormScale(double student, double teacher, int64_t student_width,
                 int64_t teacher_width) {
  const double ratio =
      static_cast<double>(teacher_width) / static_cast<double>(student_width);
  return teacher > 0 ? std::sqrt(ratio * student / teacher) : 1;
}

void SetReader(const RotatedReader& reader, const std::string& norm,
               const std::string& layer, bool with_bias, Weights& student) {
  if (with_bias) {
    student.Set(layer + ".weight", reader.weight);
    student.Set(layer + ".bias", reader.bias);
    return;
  }
  const int64_t width = reader.weight.size(1);
  // As large as the weights, so that both train alike.
  const double bias = reader.bias.square().mean().sqrt().item<double>();
  const double weight = reader.weight.square().mean().sqrt().item<double>();
  if (bias == 0 || weight == 0) {
    student.Set(layer + ".weight", reader.weight);
    return;
  }
  const double constant = bias / (weight * static_cast<double>(width));
  const auto along = reader.bias / (constant * static_cast<double>(width));
  student.Set(layer + ".weight", reader.weight + along.unsqueeze(1));
  student.Set(norm + ".bias", at::full({width}, constant, at::kDouble));
}

}  // namespace wsel::calibrate
