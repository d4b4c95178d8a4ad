#pragma once

#include <string_view>
#include <vector>

#include "wsel/optim/adamw_options.h"
#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// AdamW (Loshchilov & Hutter 2019) by LibTorch's fused kernel, as
// torch.optim.AdamW(fused=True) on the CPU or a CUDA device: one pass over
// parameter, gradient and state. State is float32.
class AdamW {
 public:
  // Shares the parameters, float32 leaves on one device; names are timm's.
  // Errors: as Validate and CheckParameters.
  AdamW(const NamedTensors& parameters, const AdamWOptions& options);

  // Updates every parameter that has a gradient; the others stay as they are
  // and count no step, as in torch. Errors: kConfig for lr < 0 or not finite.
  void Step(double lr);

  // Leaves every gradient undefined, so that the next backward pass writes
  // where it would otherwise add.
  void ZeroGradients();

  // For each parameter NAME: step.NAME (scalar, updates counted as float32, as
  // the kernel wants it), exp_avg.NAME and exp_avg_sq.NAME (moments, of the
  // parameter's shape), all zeros at first. A snapshot: see named_tensors.h.
  NamedTensors ExportState() const;

  // Training goes on with the same bits as if it had never stopped.
  // Errors: as Restore; then nothing was copied.
  void ImportState(const NamedTensors& state, std::string_view where);

 private:
  struct Slot {
    NamedTensor parameter;
    at::Tensor exp_avg;
    at::Tensor exp_avg_sq;
    at::Tensor step;
  };

  void StepGroup(const std::vector<Slot>& group, double lr,
                 double weight_decay);
  NamedTensors State() const;

  AdamWOptions options_;
  std::vector<Slot> decayed_;
  std::vector<Slot> plain_;
};

}  // namespace wsel::optim
