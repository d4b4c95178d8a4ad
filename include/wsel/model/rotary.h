// Torch-free.
#pragma once

#include <vector>

#include "wsel/model/vit_config.h"

namespace wsel::model {

// The rotary positions of a model (Su et al. 2021) as timm's
// RotaryEmbeddingCat, RotaryEmbeddingMixed and RotaryEmbeddingDinoV3 compute
// them, in row-major order; patches are in order of their rows. In double: an
// angle's error grows with it.

// Coordinates of the patches [patches, 2]: of the row and then the column, or
// the reverse (VitConfig::rope_xy).
std::vector<double> RotaryCoordinates(const VitConfig& config);

// Angles in radians [patches, head_dim / 2], one for each pair of a head's
// channels: those of the first coordinate, then those of the second. Not of
// Rope::kMixed, which learns its frequencies.
std::vector<double> RotaryAngles(const VitConfig& config);

}  // namespace wsel::model
