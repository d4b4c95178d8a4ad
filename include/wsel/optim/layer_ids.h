// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsel::optim {

// The layer of each parameter, by timm's names: 0 before the blocks (stem,
// patch_embed, pos_embed and tokens), then one for each block, the last for the
// head and all that belongs to no block. A final norm that is not part of the
// head counts to the last block, a downsampling to the block after it. Source:
// timm 1.0.31's group_parameters with group_matcher of its ViT, DeiT, EVA and
// ConvNeXt.
std::vector<int64_t> LayerIds(const std::vector<std::string>& names);

}  // namespace wsel::optim
