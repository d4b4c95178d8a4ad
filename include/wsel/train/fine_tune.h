// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::train {

// Which weights of a pretrained model are trained, and at which rates.
struct FineTuneOptions {
  // Parts that keep their weights: "backbone" or "all-but-head" (all but the
  // classifier), "head" (the classifier), "stem" or "embed" (all before the
  // blocks), "blocks.0-5" or "blocks:0-5", "stages.0", or a glob over the names
  // of parameters, such as "*.norm*".
  std::vector<std::string> freeze = {};
  // The backbone keeps its weights for the first so many epochs.
  int64_t freeze_epochs = 0;
  // Each layer has this multiple of the learning rate of the layer after it, as
  // timm's param_groups_layer_decay; 1: all have the same.
  double layer_decay = 1;
  // The classifier's learning rate after the warmup; 0: as for the rest.
  double head_lr = 0;
};

// Errors: kConfig, naming the key: more freeze_epochs than epochs, a
// layer_decay outside [0.001, 1], a negative head_lr, or one beside a learning
// rate of 0.
void Validate(const FineTuneOptions& options, int64_t epochs, double lr);

// How a parameter is trained.
struct ParameterRule {
  std::string name;      // timm's
  double lr_scale = 1;   // its learning rate as a multiple of the schedule's
  bool backbone = true;  // not the classifier's
  bool frozen = false;   // by options.freeze
};

// The rules of all parameters, in the order of model::ParameterSpecs. `lr`: of
// the schedule, after the warmup. Errors: kConfig for a part or pattern of
// options.freeze that the model does not have, with what it has; if all
// parameters are frozen; and if all of the classifier is while
// options.freeze_epochs would train only it.
std::vector<ParameterRule> ParameterRules(const model::Config& config,
                                          const FineTuneOptions& options,
                                          double lr);

// The number of weights that options.freeze leaves to train. Errors: as
// ParameterRules.
int64_t TrainedParameterCount(const model::Config& config,
                              const FineTuneOptions& options);

}  // namespace wsel::train
