#pragma once

#include <vector>

#include "wsel/optim/adamw_options.h"
#include "wsel/optim/named_tensors.h"
#include "wsel/optim/optimizer.h"

namespace wsel::optim {

// Clips the gradients to a total L2 norm of `max_norm`, as
// torch.nn.utils.clip_grad_norm_: above it they are multiplied by
// max_norm / (norm + 1e-6). Parameters without a gradient are skipped. Returns
// the norm before clipping, a float32 scalar on the parameters' device (0 on
// the CPU if there are no gradients), without synchronising with the device. As
// in torch, a NaN or infinite norm makes the gradients NaN: check it before the
// step. Errors: kConfig if max_norm is not positive or not finite.
at::Tensor ClipGradients(const NamedTensors& parameters, double max_norm);

// AdamW (Loshchilov & Hutter 2019) with LibTorch's fused kernel, equal to
// torch.optim.AdamW(fused=True) on the CPU or a CUDA device: one pass over
// parameter, gradient and state. The state is float32.
class AdamW : public Optimizer {
 public:
  // Shares the parameters, which must be float32 leaves on one device under
  // timm's names. `lr_scales`: what the learning rate of each is multiplied by;
  // empty: 1. Errors: as Validate and CheckParameters.
  AdamW(const NamedTensors& parameters, const AdamWOptions& options,
        const std::vector<double>& lr_scales = {});

  // The step count of a parameter without a gradient does not advance, as in
  // torch.
  void Step(double lr) override;

  // For each parameter NAME step.NAME (scalar, the number of steps as float32,
  // as the kernel requires), exp_avg.NAME and exp_avg_sq.NAME (of the
  // parameter's shape).
  NamedTensors SharedState() const override;

 private:
  struct Slot {
    NamedTensor parameter;
    at::Tensor exp_avg;
    at::Tensor exp_avg_sq;
    at::Tensor step;
  };

  struct Group {
    std::vector<Slot> slots;
    double lr_scale = 1;
    double weight_decay = 0;
  };

  void StepGroup(const Group& group, double lr);

  AdamWOptions options_;
  std::vector<Group> groups_;
};

}  // namespace wsel::optim
