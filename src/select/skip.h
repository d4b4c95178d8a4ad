// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// For each of the student's tensors the item of Options::skip that matches it,
// or null: a component by name, or a shell pattern of tensor names. Errors:
// kUsage for a component that is unknown or not in this model, and for a
// pattern that matches no tensor.
std::vector<const std::string*> SkippedBy(
    const std::vector<std::string>& items,
    const std::vector<MappedTensor>& tensors);

}  // namespace wsel::select
