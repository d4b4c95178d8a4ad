#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/select/plan.h"

namespace wsel::select {

// Position embeddings [1, teacher_prefix + from_grid^2, D] -> [1, prefix +
// to_grid^2, D], float32. The grid is resized bicubic and antialiased, as
// timm's resample_abs_pos_embed.
at::Tensor ResamplePosEmbed(const at::Tensor& pos_embed,
                            const PosEmbedResample& resample);

// A patch kernel [D, C, from, from] -> [D, C, to, to], float32. By
// pseudo-inverse as timm's resample_patch_embed (Beyer et al., "FlexiViT",
// CVPR 2023, section 3.4): patches resized to the new size give the old
// outputs. kBilinear resizes the kernel itself.
at::Tensor ResamplePatchEmbed(const at::Tensor& kernel,
                              const PatchEmbedResample& resample);

}  // namespace wsel::select
