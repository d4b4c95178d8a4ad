#pragma once

#include <vector>

#include "wsel/optim/adamw.h"
#include "wsel/optim/optimizer.h"
#include "wsel/tensor/spec.h"

namespace wsel::optim {

// Whether Muon orthogonalises the updates of a parameter of this shape: a
// matrix, or a convolution as a matrix of its output channels, with sides of at
// least 4 and at most 128 times each other; no position embedding and no
// depthwise convolution. timm 1.0.31's rule.
bool IsForMuon(const Shape& shape);

// The nearest semi-orthogonal matrix [M, N], roughly: five steps of the quintic
// Newton-Schulz iteration with timm's "quintic" coefficients, in bfloat16 or
// the given type. `eps`: the least norm that the matrix is divided by.
at::Tensor Orthogonalise(const at::Tensor& matrix, double eps,
                         at::ScalarType type = at::kBFloat16);

// Muon (Jordan et al. 2024), equal to timm 1.0.31's Muon with its defaults: the
// momentum of a matrix is orthogonalised, and scaled by
// 0.2 sqrt(longer side), as large as AdamW's updates are; weight decay is
// decoupled. AdamW updates all that is not IsForMuon, at the same rate.
class Muon : public Optimizer {
 public:
  // Errors: as Validate and CheckParameters.
  Muon(const NamedTensors& parameters, const OptimizerOptions& options,
       const std::vector<double>& lr_scales = {});

  void Step(double lr) override;

  // "momentum_buffer.NAME" of matrices, and AdamW's state of the others.
  NamedTensors SharedState() const override;

 private:
  struct Slot {
    NamedTensor parameter;
    at::Tensor momentum_buffer;
    double lr_scale = 1;
    double weight_decay = 0;
  };
  // The parameters of which IsForMuon is `matrices`, with their scales.
  struct Part {
    NamedTensors parameters;
    std::vector<double> lr_scales;
  };
  static Part PartOf(const NamedTensors& parameters,
                     const std::vector<double>& lr_scales, bool matrices);
  Muon(const Part& matrices, const Part& others,
       const OptimizerOptions& options);

  OptimizerOptions options_;
  std::vector<Slot> slots_;
  AdamW others_;
};

}  // namespace wsel::optim
