#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/calibrate/weights.h"

namespace wsel::calibrate {

// A linear layer that may be stored in parts, one below the other: q, k and v
// apart, the gate and value of a SwiGLU.
struct StackedLayer {
  // Tensors [rows, in], of as many rows each; a weight may be that of a 1x1
  // convolution.
  std::vector<std::string> weights;
  // Tensors of as many rows each, together of all rows; "": these have none.
  std::vector<std::string> biases;

  // For messages: that of the first weight.
  std::string Name() const;
  bool HasBias() const;
};

// One that is stored whole.
StackedLayer WholeLayer(const std::string& name, bool with_bias);

at::Tensor WeightOf(const StackedLayer& layer, const Weights& weights);
// [rows], zeros where there is none; undefined if no row has one.
at::Tensor BiasOf(const StackedLayer& layer, const Weights& weights);
// Which of so many rows have a bias, [rows] of bool.
at::Tensor RowsWithBias(const StackedLayer& layer, int64_t rows);

// Sets its tensors, in the shapes that they have: a weight [rows, in] and, if
// the layer has a bias, one [rows], of which other rows are not used.
void SetLayer(const StackedLayer& layer, const at::Tensor& weight,
              const at::Tensor& bias, Weights& weights);

// Over the last dimension of x.
at::Tensor Linear(const Weights& weights, const StackedLayer& layer,
                  const at::Tensor& x);

}  // namespace wsel::calibrate
