#include "layer_fits.h"

#include <ATen/ATen.h>

#include <cmath>

namespace wsel::calibrate {

void LayerFits::FitReader(const std::string& name, const Of& input,
                          const Of& target) {
  const std::string weight = name + ".weight";
  const std::string bias = name + ".bias";
  const at::Tensor around = student_[weight].flatten(1);
  const Sums sums = streams_.Sum([&](const StreamTile& tile) {
    return RidgeSums(input(tile.student), target(tile.teacher));
  });
  rows_.Add(sums, around.size(1), name);
  const bool with_bias = student_.Has(bias) && teacher_.Has(bias);
  const LinearFit fit = Ridge(sums, around, with_bias, name);
  student_.Set(weight, fit.weight.view(student_[weight].sizes()));
  if (with_bias) student_.Set(bias, fit.bias);
}

at::Tensor LayerFits::EncodedWriter(const std::string& name,
                                    const std::string& gamma,
                                    const at::Tensor& encode) const {
  at::Tensor weight = teacher_[name + ".weight"].flatten(1).to(at::kDouble);
  if (const at::Tensor scale = teacher_[gamma]; scale.defined()) {
    weight = weight * scale.to(at::kDouble).unsqueeze(1);
  }
  return at::matmul(encode.t(), weight);
}

void LayerFits::FitWriter(const std::string& name, const std::string& gamma,
                          bool scaled, const at::Tensor& encode,
                          const at::Tensor& around, const Of& input) {
  double scale = 1;
  if (const at::Tensor of = teacher_[gamma]; scaled && of.defined()) {
    const double mean = of.to(at::kDouble).square().mean().item<double>();
    if (mean > 0) scale = std::sqrt(mean);
  }
  if (scaled) {
    student_.Set(gamma, at::full({encode.size(1)}, scale, at::kDouble));
  }
  const Sums sums = streams_.Sum([&](const StreamTile& tile) {
    const auto target = at::matmul(tile.next.to(at::kDouble), encode) -
                        tile.student.to(at::kDouble);
    return RidgeSums(input(tile.student), target / scale);
  });
  rows_.Add(sums, around.size(1), name);
  const LinearFit fit = Ridge(sums, around / scale, /*with_bias=*/true, name);
  const at::Tensor before = student_[name + ".weight"];
  student_.Set(name + ".weight",
               before.defined() ? fit.weight.view(before.sizes()) : fit.weight);
  student_.Set(name + ".bias", fit.bias);
}

}  // namespace wsel::calibrate
