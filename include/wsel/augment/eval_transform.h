// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wsel/augment/options.h"
#include "wsel/image/image.h"

namespace wsel::augment {

// Errors: kConfig, at a place below `where`.
void Validate(const EvalTransformOptions& options,
              std::string_view where = "augment");

// What an evaluated picture becomes, into `out` of [img_size, img_size, 3]. The
// rules stand at the options; sizes and offsets round as torchvision's Resize
// and CenterCrop do. Errors: kConfig where `out` has another size.
void EvalTransform(const image::Image& source,
                   const EvalTransformOptions& options, std::span<uint8_t> out);

}  // namespace wsel::augment
