#pragma once

#include <vector>

#include "wsel/optim/named_tensors.h"

namespace wsel::optim {

// Parameters that share a learning rate and a weight decay, as torch's
// param_groups with timm's lr_scale.
struct ParameterGroup {
  NamedTensors parameters;
  double lr_scale = 1;  // of the schedule's learning rate
  double weight_decay = 0;
};

// Groups the parameters by their learning rate and by HasWeightDecay, in the
// order in which each group first occurs. `lr_scales`: one per parameter;
// empty: all are 1. Errors: as CheckParameters.
std::vector<ParameterGroup> GroupParameters(
    const NamedTensors& parameters, double weight_decay,
    const std::vector<double>& lr_scales = {});

}  // namespace wsel::optim
