#pragma once

#include <vector>

#include "wsel/optim/optimizer.h"

namespace wsel::optim {

// LAMB (You et al. 2020), equal to timm 1.0.31's Lamb with its defaults: the
// gradients are scaled to a global norm of at most 1, weight decay is part of
// the update, and each tensor that has weight decay moves by a share of its own
// norm. Each tensor counts its own steps, where timm counts those of a group.
class Lamb : public Optimizer {
 public:
  // Errors: as Validate and CheckParameters.
  Lamb(const NamedTensors& parameters, const OptimizerOptions& options,
       const std::vector<double>& lr_scales = {});

  void Step(double lr) override;

  // As AdamW's.
  NamedTensors SharedState() const override;

 private:
  struct Slot {
    NamedTensor parameter;
    at::Tensor exp_avg;
    at::Tensor exp_avg_sq;
    at::Tensor step;  // float32 scalar on the CPU
    double lr_scale = 1;
    double weight_decay = 0;
  };

  void StepSlot(const Slot& slot, const at::Tensor& gradient, double lr) const;

  OptimizerOptions options_;
  std::vector<Slot> slots_;
};

}  // namespace wsel::optim
