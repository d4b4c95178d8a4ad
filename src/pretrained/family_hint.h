// Torch-free.
#pragma once

#include <string>

#include "wsel/tensor/source.h"

namespace wsel::pretrained {

// "; wsel init --family configs/families/swin.json selects from it
// (docs/families.md)" for the tensors of a family that this program describes;
// else "".
std::string FamilyHint(const TensorSource& file);

}  // namespace wsel::pretrained
