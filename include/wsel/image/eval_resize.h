// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/core/height_width.h"
#include "wsel/core/registry.h"

namespace wsel::image {

// How evaluated images get the model's size: timm's crop_mode, or by the size.
enum class CropMode {
  kAuto,    // DeiT's rule, see EvalResizeOf
  kCenter,  // the short side is resized, the middle cropped
  kSquash,  // resized to the aspect ratio of img_size, whatever it was, the
            // middle cropped
};
// auto, center, squash
const Registry<CropMode>& CropModes();

// What a mode does at one size.
enum class EvalResize {
  kNone,  // a centre crop without resizing, black padding
  // As small as covers img_size / crop_pct in the aspect ratio that it has: of
  // a square, the short side; then a centre crop.
  kShortSide,
  kSquash,  // both sides to img_size / crop_pct, then a centre crop
  kWhole,   // both sides to img_size
};
// Whether crop_pct matters.
inline bool HasCrop(EvalResize resize) {
  return resize == EvalResize::kShortSide || resize == EvalResize::kSquash;
}

// The one decision how images are evaluated. kAuto: images of up to 32 px are
// not resized, those from 384 px as a whole; only in between does a crop's
// share count. Of images that are not square both sides must be so short or
// long. Sources: DeiT's and ConvNeXt's build_transform; timm's
// transforms_imagenet_eval.
EvalResize EvalResizeOf(CropMode mode, const HeightWidth& img_size);

// What kShortSide covers, and kSquash resizes to, before the crop: both sides
// divided by crop_pct, above 0 and at most 1, and rounded down, as in timm.
HeightWidth SizeBeforeCrop(const HeightWidth& img_size, double crop_pct);

// "up to 32 px they are cropped without resizing, ...": kAuto's rule, for
// messages.
std::string DescribeAutoCrop();

}  // namespace wsel::image
