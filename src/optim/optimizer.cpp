#include "wsel/optim/optimizer.h"

#include "wsel/optim/adamw.h"
#include "wsel/optim/lamb.h"
#include "wsel/optim/muon.h"
#include "wsel/optim/sgd.h"

namespace wsel::optim {

std::unique_ptr<Optimizer> MakeOptimizer(const NamedTensors& parameters,
                                         const OptimizerOptions& options,
                                         const std::vector<double>& lr_scales) {
  switch (options.name) {
    case OptimizerName::kSgd:
      return std::make_unique<Sgd>(parameters, options, lr_scales);
    case OptimizerName::kLamb:
      return std::make_unique<Lamb>(parameters, options, lr_scales);
    case OptimizerName::kMuon:
      return std::make_unique<Muon>(parameters, options, lr_scales);
    case OptimizerName::kAdamW:
      break;
  }
  Validate(options);
  return std::make_unique<AdamW>(parameters, AdamWOf(options), lr_scales);
}

void ZeroGradients(const NamedTensors& parameters) {
  for (const auto& [name, parameter] : parameters) {
    parameter.mutable_grad().reset();
  }
}

}  // namespace wsel::optim
