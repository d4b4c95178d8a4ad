// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/augment/rand_augment.h"
#include "wsel/image/image.h"

namespace wsel::augment {

// What chance decides about a training picture.
struct TrainDraws {
  // The part of the picture that is cut out, in its pixels: for
  // kRandomResized then resized to img_size, for kPadded of that size and
  // perhaps beyond the picture.
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  bool flip = false;
  std::vector<DrawnOp> ops;
};

// Errors: kConfig, at a place below `where`, for options that no picture could
// be made with.
void Validate(const TrainTransformOptions& options,
              std::string_view where = "augment");

// For a picture of width x height. Errors: kConfig where, in kPadded, the
// picture is too small for img_size.
TrainDraws DrawTrain(const TrainTransformOptions& options, int width,
                     int height, const SampleAddress& address);

// Crop, flip and RandAugment, in timm's order, into `out` of
// [img_size, img_size, 3]. Errors: kConfig where `out` has another size.
void ApplyTrain(const image::Image& source,
                const TrainTransformOptions& options, const TrainDraws& draws,
                std::span<uint8_t> out);

// Draws and applies. `options` are valid.
void TrainTransform(const image::Image& source,
                    const TrainTransformOptions& options,
                    const SampleAddress& address, std::span<uint8_t> out);

}  // namespace wsel::augment
