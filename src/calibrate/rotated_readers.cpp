#include "rotated_readers.h"

#include <ATen/ATen.h>

#include <cmath>

namespace wsel::calibrate {

RotatedReader Rotated(const Weights& teacher, const std::string& norm,
                      const StackedLayer& layer, const at::Tensor& basis) {
  at::Tensor weight = WeightOf(layer, teacher).to(at::kDouble);
  at::Tensor bias = at::zeros({weight.size(0)}, at::kDouble);
  if (const at::Tensor shift = teacher[norm + ".bias"]; shift.defined()) {
    bias = at::mv(weight, shift.to(at::kDouble));
  }
  if (const at::Tensor own = BiasOf(layer, teacher); own.defined()) {
    bias = bias + own.to(at::kDouble);
  }
  if (const at::Tensor scale = teacher[norm + ".weight"]; scale.defined()) {
    weight = weight * scale.to(at::kDouble);
  }
  return {at::matmul(weight, basis), bias};
}

double NormScale(double student, double teacher, int64_t student_width,
                 int64_t teacher_width) {
  const double ratio =
      static_cast<double>(teacher_width) / static_cast<double>(student_width);
  return teacher > 0 ? std::sqrt(ratio * student / teacher) : 1;
}

void SetReader(const RotatedReader& reader, const std::string& norm,
               const StackedLayer& layer, Weights& student) {
  const auto without = RowsWithBias(layer, reader.bias.size(0)).logical_not();
  const auto left = reader.bias * without;
  // As large as the weights, so that both train alike.
  const double bias = left.square().mean().sqrt().item<double>();
  const double weight = reader.weight.square().mean().sqrt().item<double>();
  if (bias == 0 || weight == 0 || !student.Has(norm + ".bias")) {
    SetLayer(layer, reader.weight, reader.bias, student);
    return;
  }
  const int64_t width = reader.weight.size(1);
  const double constant = bias / (weight * static_cast<double>(width));
  const auto along = left / (constant * static_cast<double>(width));
  SetLayer(layer, reader.weight + along.unsqueeze(1), reader.bias, student);
  student.Set(norm + ".bias", at::full({width}, constant, at::kDouble));
}

}  // namespace wsel::calibrate
