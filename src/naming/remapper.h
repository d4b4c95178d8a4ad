// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "copies.h"
#include "wsel/naming/remap_state_dict.h"
#include "wsel/tensor/source.h"

namespace wsel::naming {

// Remaps a copy of the weights by the table of its source. `names`: the plain
// names of the file's tensors. `others`: the prefixes of other copies. A tensor
// that cannot be placed, or would be placed twice, becomes an unexpected key.
RemappedStateDict Remap(const TensorSource& file,
                        const std::vector<std::string>& names, const Copy& copy,
                        std::vector<std::string> others);

}  // namespace wsel::naming
