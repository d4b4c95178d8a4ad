#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "wsel/optim/named_tensors.h"
#include "wsel/optim/optimizer_options.h"

namespace wsel::optim {

// What updates parameters by their gradients. Each shares its parameters, and
// its state is float32.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Updates every parameter that has a gradient; the others are unchanged, and
  // so is their state. `lr`: of LrSchedule.
  virtual void Step(double lr) = 0;

  // The state itself, by names such as "exp_avg.NAME": all zero at first.
  virtual NamedTensors SharedState() const = 0;

  // A copy of the state.
  NamedTensors StateDict() const { return CloneTensors(SharedState()); }

  // Restores a StateDict; training then continues bit-identically.
  // Errors: as CopyTensorsInto; then nothing is changed.
  void LoadStateDict(const NamedTensors& state, std::string_view where) {
    CopyTensorsInto(state, SharedState(), where);
  }
};

// The optimizer of options.name. The parameters must be float32 leaves on one
// device under timm's names. `lr_scales`: what the learning rate of each is
// multiplied by; empty: 1. Errors: as Validate and CheckParameters.
std::unique_ptr<Optimizer> MakeOptimizer(
    const NamedTensors& parameters, const OptimizerOptions& options,
    const std::vector<double>& lr_scales = {});

// Makes every gradient undefined, as zero_grad(set_to_none=True), so that the
// next backward pass writes gradients instead of adding to them.
void ZeroGradients(const NamedTensors& parameters);

}  // namespace wsel::optim
