// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wsel/select/plan.h"
#include "wsel/select/svd_parts.h"

namespace wsel::select {

// Position embeddings [1, teacher_prefix + from_grid.Area(), width] -> [1,
// prefix + to_grid.Area(), width], row-major float32. The grid is resized
// bicubic and antialiased, as timm's resample_abs_pos_embed.
std::vector<float> ResamplePosEmbed(std::span<const float> pos_embed,
                                    int64_t width,
                                    const PosEmbedResample& resample);

// Patch kernels [filters, from, from] -> [filters, to, to], row-major float32,
// where `filters` counts all output and input channels. kBilinear resizes the
// kernel itself; the others need `svd`.
std::vector<float> ResamplePatchEmbed(std::span<const float> kernels,
                                      int64_t filters,
                                      const PatchEmbedResample& resample,
                                      const SvdParts* svd);

// Whether this is the matrix product with a pseudo-inverse.
bool IsByPinv(const PatchEmbedResample& resample);

// [from^2, to^2]: row i is the resized patch that is 1 at pixel i and 0
// elsewhere.
std::vector<float> ResizedPatchBasis(const PatchEmbedResample& resample);

}  // namespace wsel::select
