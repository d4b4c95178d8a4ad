#include "wsel/optim/parameter_groups.h"

#include <algorithm>
#include <iterator>

#include "wsel/optim/adamw_options.h"

namespace wsel::optim {

std::vector<ParameterGroup> GroupParameters(
    const NamedTensors& parameters, double weight_decay,
    const std::vector<double>& lr_scales) {
  CheckParameters(parameters);
  std::vector<ParameterGroup> groups;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const NamedTensor& parameter = parameters[i];
    const double scale = lr_scales.empty() ? 1 : lr_scales.at(i);
    const double decay =
        HasWeightDecay({parameter.name, parameter.tensor.sizes().vec()})
            ? weight_decay
            : 0;
    auto group = std::ranges::find_if(groups, [&](const ParameterGroup& g) {
      return g.lr_scale == scale && g.weight_decay == decay;
    });
    if (group == groups.end()) {
      groups.push_back({{}, scale, decay});
      group = std::prev(groups.end());
    }
    group->parameters.push_back(parameter);
  }
  return groups;
}

}  // namespace wsel::optim
