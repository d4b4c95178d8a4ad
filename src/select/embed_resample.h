// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wsel/select/plan.h"

namespace wsel::select {

// Position embeddings [1, teacher_prefix + from_grid.Area(), width] -> [1,
// prefix + to_grid.Area(), width], row-major float32. The grid is resized
// bicubic and antialiased, as timm's resample_abs_pos_embed.
std::vector<float> ResamplePosEmbed(std::span<const float> pos_embed,
                                    int64_t width,
                                    const PosEmbedResample& resample);

// Patch kernels [filters, from, from] -> [filters, to, to], row-major float32,
// where `filters` counts all output and input channels. kBilinear resizes the
// kernel itself. The others multiply it with a pseudo-inverse as timm's
// resample_patch_embed (Beyer et al., "FlexiViT", CVPR 2023, section 3.4):
// patches resized to the new size give the old outputs. In float64, where timm
// is within its own rounding of about 1e-6.
std::vector<float> ResamplePatchEmbed(std::span<const float> kernels,
                                      int64_t filters,
                                      const PatchEmbedResample& resample);

}  // namespace wsel::select
