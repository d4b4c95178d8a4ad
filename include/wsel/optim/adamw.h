#pragma once

#include <string_view>
#include <vector>

#include "wsel/optim/adamw_options.h"
#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// AdamW (Loshchilov & Hutter 2019) with LibTorch's fused kernel, equal to
// torch.optim.AdamW(fused=True) on the CPU or a CUDA device: one pass over
// parameter, gradient and state. The state is float32.
class AdamW {
 public:
  // Shares the parameters, which must be float32 leaves on one device under
  // timm's names. Errors: as Validate and CheckParameters.
  AdamW(const NamedTensors& parameters, const AdamWOptions& options);

  // Updates every parameter that has a gradient; the others are unchanged and
  // their step count does not advance, as in torch. `lr`: of LrSchedule.
  void Step(double lr);

  // Makes every gradient undefined, as zero_grad(set_to_none=True), so that the
  // next backward pass writes gradients instead of adding to them.
  void ZeroGradients();

  // A copy of the state: for each parameter NAME step.NAME (scalar, the number
  // of steps as float32, as the kernel requires), exp_avg.NAME and
  // exp_avg_sq.NAME (of the parameter's shape). Initially all zero.
  NamedTensors StateDict() const;

  // Restores a StateDict; training then continues bit-identically.
  // Errors: as CopyTensorsInto; then nothing is changed.
  void LoadStateDict(const NamedTensors& state, std::string_view where);

 private:
  struct Slot {
    NamedTensor parameter;
    at::Tensor exp_avg;
    at::Tensor exp_avg_sq;
    at::Tensor step;
  };

  void StepGroup(const std::vector<Slot>& group, double lr,
                 double weight_decay);
  NamedTensors SharedState() const;

  AdamWOptions options_;
  std::vector<Slot> decay_;
  std::vector<Slot> no_decay_;
};

}  // namespace wsel::optim
