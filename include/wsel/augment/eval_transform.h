// Torch-free.
#pragma once

#include <cstdint>
#include <span>

#include "wsel/augment/options.h"
#include "wsel/image/image.h"

namespace wsel::augment {

// Applies the evaluation transform and writes [img_size, img_size, 3] to `out`.
// See EvalTransformOptions for the rules; sizes and offsets are rounded as in
// torchvision's Resize and CenterCrop. Errors: kConfig if `out` has another
// size; kFormat if the image is empty or too elongated to resize.
void EvalTransform(const image::Image& source,
                   const EvalTransformOptions& options, std::span<uint8_t> out);

}  // namespace wsel::augment
