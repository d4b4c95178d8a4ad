// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::pretrained {

// What of a config changes the forward pass but no tensor name or shape is
// LayerNorm's eps and the activation.

// "LayerNorm eps 1e-06, GELU"
std::string DescribeForward(const model::Config& config);

// The differences for weights of `source` in a model of `target`, one clause
// each, such as "LayerNorm eps 1e-05, not 1e-06"; none for models of different
// architectures.
std::vector<std::string> ForwardDifferences(const model::Config& source,
                                            const model::Config& target);

}  // namespace wsel::pretrained
