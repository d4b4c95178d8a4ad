// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/model/config.h"

namespace wsel::cli {

// What neither names nor shapes of tensors tell, and yet decides what a model
// computes with them: LayerNorm's eps and the activation. One clause for each
// in which a model of `ours` uses weights otherwise than `theirs`, in which
// they were trained; none for models of two families.
std::vector<std::string> OtherUses(const model::Config& theirs,
                                   const model::Config& ours);

}  // namespace wsel::cli
