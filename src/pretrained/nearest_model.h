// Torch-free.
#pragma once

#include <string>

#include "wsel/tensor/source.h"

namespace wsel::pretrained {

// The known model with tensor names most like the file's, as the rest of
// a sentence: "nearest is vit_base_patch16_224; only the file has a, b, c and 3
// more, only the model d". Numbers of blocks do not count. "" if hardly any
// name is the same.
std::string DescribeNearestModel(const TensorSource& file);

}  // namespace wsel::pretrained
