// Torch-free.
#pragma once

#include <memory>
#include <optional>

#include "wsel/model/config.h"
#include "wsel/select/plan.h"
#include "wsel/tensor/source.h"

namespace wsel::select {

// How the learnt positions of `tensors`, those of a model `from` under timm's
// names, become those of `to`, of images of another size; nullopt if both have
// the same grid of patches, other prefix tokens, or no such positions.
std::optional<PosEmbedResample> OtherGrid(const TensorSource& tensors,
                                          const model::Config& from,
                                          const model::Config& to);

// `tensors` with pos_embed resampled, as float32, like timm's
// checkpoint_filter_fn. `resample` is that of OtherGrid.
std::unique_ptr<TensorSource> WithGrid(std::unique_ptr<TensorSource> tensors,
                                       PosEmbedResample resample);

}  // namespace wsel::select
