#pragma once

#include <vector>

#include "wsel/optim/optimizer.h"

namespace wsel::optim {

// Stochastic gradient descent with momentum, equal to torch.optim.SGD: weight
// decay is added to the gradient, and `nesterov` looks one step ahead.
class Sgd : public Optimizer {
 public:
  // Errors: as Validate and CheckParameters.
  Sgd(const NamedTensors& parameters, const OptimizerOptions& options,
      const std::vector<double>& lr_scales = {});

  void Step(double lr) override;

  // "momentum_buffer.NAME", of the parameter's shape; nothing without momentum.
  NamedTensors SharedState() const override;

 private:
  struct Slot {
    NamedTensor parameter;
    at::Tensor momentum_buffer;  // undefined without momentum
  };
  struct Group {
    std::vector<Slot> slots;
    double lr_scale = 1;
    double weight_decay = 0;
  };

  void StepGroup(const Group& group, double lr) const;

  OptimizerOptions options_;
  std::vector<Group> groups_;
};

}  // namespace wsel::optim
