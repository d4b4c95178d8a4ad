// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// The pickle (protocol 2) of an OrderedDict of contiguous tensors, tensor i in
// storage "i", from the opcodes and globals that
// torch.load(weights_only=True) accepts.
std::string PickleStateDict(const std::vector<TensorSpec>& specs);

}  // namespace wsel::checkpoint
