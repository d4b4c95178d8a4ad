// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/augment/rand_augment.h"
#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::augment {

// The random draws for a training image.
struct TrainDraws {
  // The crop, in pixels of the source image. kRandomResized: then resized to
  // img_size. kPadded: of size img_size, may exceed the image.
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  bool flip = false;
  std::vector<DrawnOp> ops;  // of the policy, then of the colour jitter
  bool vflip = false;
  // kRandom: of the crop, then of each operation.
  std::vector<image::Interpolation> interpolations = {};
};

// For an image of width x height. Errors: kConfig if, for kPadded, the padded
// image is shorter or narrower than img_size.
TrainDraws DrawTrain(const TrainTransformOptions& options, int width,
                     int height, const SampleAddress& address);

// Applies crop, flips, policy and colour jitter, in timm's order, and writes
// [*img_size, ChannelsInMemory(in_chans)] to `out`; of grey images all three
// channels are equal, and each operation does what Pillow's does in mode L.
// Errors: kConfig if `out` has another size, or if there are operations for
// images of other channels than 1 and 3; kFormat if `source` has other
// channels.
void ApplyTrain(const image::Image& source,
                const TrainTransformOptions& options, const TrainDraws& draws,
                std::span<uint8_t> out);

// DrawTrain, then ApplyTrain. `options` must be valid.
void TrainTransform(const image::Image& source,
                    const TrainTransformOptions& options,
                    const SampleAddress& address, std::span<uint8_t> out);

// The pixels that TrainTransform reads of an image of this size. Errors: as
// EvalTransform for kEvaluation.
image::Window NeededForTrain(const TrainTransformOptions& options,
                             image::Size size, const SampleAddress& address);

// Applies the evaluation transform and writes `out` as ApplyTrain does. See
// EvalTransformOptions for the rules; sizes and offsets are rounded as in
// torchvision's Resize and CenterCrop. Errors: kConfig if `out` has another
// size; kFormat if the image is empty or too elongated to resize, or has other
// channels.
void EvalTransform(const image::Image& source,
                   const EvalTransformOptions& options, std::span<uint8_t> out);

// The pixels that EvalTransform reads of an image of this size. Errors: as
// there.
image::Window NeededForEval(const EvalTransformOptions& options,
                            image::Size size);

}  // namespace wsel::augment
