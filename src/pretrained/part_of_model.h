// Torch-free.
#pragma once

#include <string>

#include "wsel/checkpoint/checkpoint.h"

namespace wsel::pretrained {

// What a file is that holds only a part of a model's weights, or holds them in
// parts or without names (a shard, FSDP's flat parameters, a frozen module),
// and what to use instead; "" if nothing shows that it is one.
std::string PartOfModel(const checkpoint::Checkpoint& file);

}  // namespace wsel::pretrained
