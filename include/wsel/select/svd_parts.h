// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "wsel/select/plan.h"

namespace wsel::select {

// What applying some plans takes of singular values. They are LAPACK's, as in
// timm and torch: another implementation would give other last bits. The
// program without LibTorch has none of it.
struct SvdParts {
  // Patch kernels [filters, from, from] -> [filters, to, to], row-major
  // float32. By pseudo-inverse as timm's resample_patch_embed (Beyer et al.,
  // "FlexiViT", CVPR 2023, section 3.4): patches resized to the new size give
  // the old outputs.
  std::function<std::vector<float>(std::span<const float> kernels,
                                   int64_t filters,
                                   const PatchEmbedResample& resample)>
      resample_patch_embed;
  // As model::Draw, for the mimetic kinds.
  std::function<std::vector<float>(const model::Init& init,
                                   const TensorSpec& spec, uint64_t seed)>
      draw;
};

// Whether applying the plan needs SvdParts: it resamples patch_embed by
// pseudo-inverse, or draws mimetic weights.
bool NeedsSvd(const Plan& plan);

}  // namespace wsel::select
