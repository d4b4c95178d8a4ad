// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::model {

// What of a config changes the forward pass but no tensor name or shape is
// LayerNorm's eps and the activation: "LayerNorm eps 1e-06, GELU".
std::string DescribeForward(const Config& config);

// Their differences, one clause each, such as "LayerNorm eps 1e-05, not 1e-06",
// for weights of `source` in a model of `target`; none for models of different
// architectures.
std::vector<std::string> ForwardDifferences(const Config& source,
                                            const Config& target);

}  // namespace wsel::model
