// Torch-free.
#pragma once

#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// What mappings of models without a config have in common.

// Errors: kUsage for an option that needs a ViT or ConvNeXt.
void CheckGenericOptions(const Options& options);

// How a tensor is re-initialised: biases and running means with zeros, other
// 1-D tensors with ones, the rest from a normal with std 0.02 truncated at two
// std.
model::Init InitByShape(const TensorSpec& spec);

// The teacher's tensors that these are selected from, in their order, with the
// reason if they are skipped.
std::vector<Unused> UnusedIfSkipped(const std::vector<MappedTensor>& tensors);

}  // namespace wsel::select
