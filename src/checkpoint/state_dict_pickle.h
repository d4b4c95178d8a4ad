// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel::checkpoint {

// The pickle (protocol 2) of an OrderedDict of contiguous tensors, tensor i in
// storage "i". torch.load(weights_only=True) accepts its opcodes and globals.
std::string PickleStateDict(const std::vector<TensorSpec>& specs);

}  // namespace wsel::checkpoint
