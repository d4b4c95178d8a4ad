// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "wsel/core/height_width.h"
#include "wsel/image/eval_resize.h"
#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::augment {

// Determines all random draws of a sample; nothing else affects them.
struct SampleAddress {
  uint64_t seed = 0;
  int64_t epoch = 0;  // or the draw, if an epoch repeats images
  int64_t index = 0;  // of the sample in its data set
};

// timm's "rand-m9-mstd0.5-inc1": `layers` operations drawn with replacement,
// each applied with `probability`. Magnitudes are N(magnitude, magnitude_std),
// clipped to [0, 10], or U(0, magnitude) if magnitude_std is infinite.
struct RandAugmentOptions {
  double magnitude = 9;
  double magnitude_std = 0.5;
  int layers = 2;
  double probability = 0.5;
  bool increasing = true;
};

// The crop of a training image.
enum class TrainCrop {
  kAuto,           // kPadded for sides of up to 32 px, else kRandomResized
  kRandomResized,  // torchvision's RandomResizedCrop
  kPadded,         // torchvision's RandomCrop(img_size, padding), black padding
  kEvaluation,     // the evaluation transform; not random
};

// Interpolation of random resized crops and of a policy's geometric operations.
enum class TrainInterpolation {
  kNearest,
  kBilinear,
  kBicubic,
  kRandom,  // bilinear or bicubic, drawn for each crop and operation
};

// The transform of a training image, before normalisation.
struct TrainTransformOptions {
  HeightWidth img_size = 224;
  TrainCrop crop = TrainCrop::kAuto;
  std::array<double, 2> scale = {0.08, 1};         // of the area
  std::array<double, 2> ratio = {3. / 4, 4. / 3};  // width : height
  int padding = 4;                                 // pixels, kPadded
  double crop_pct = 0.875;                         // kEvaluation
  TrainInterpolation interpolation = TrainInterpolation::kBicubic;
  image::PassOrder pass_order = image::PassOrder::kPillow13;
  image::CropMode crop_mode = image::CropMode::kAuto;  // kEvaluation
  double hflip = 0.5;                                  // probability
  double vflip = 0;                                    // probability
  // RandAugment or another policy of auto_augment.h, "": none.
  std::string rand_augment = "rand-m9-mstd0.5-inc1";
  // Strength of ColorJitter: brightness, contrast and saturation. 0: off. timm
  // has it off beside a policy other than 3a; here it acts if it is given.
  double color_jitter = 0;
  double hue = 0;  // its largest shift, in turns; up to 0.5
  // Fill colour of RandAugment's geometric operations: round(255 mean).
  image::Rgb fill = {124, 116, 104};
  // The model's: 1 converts images to grey first; of other numbers than 1 and 3
  // there are no policy and no colour jitter.
  int in_chans = 3;
};

// The evaluation transform, before normalisation: image::EvalResizeOf says how
// images get the size.
struct EvalTransformOptions {
  HeightWidth img_size = 224;
  double crop_pct = 0.875;
  image::Interpolation interpolation = image::Interpolation::kBicubic;
  image::PassOrder pass_order = image::PassOrder::kPillow13;
  image::CropMode crop_mode = image::CropMode::kAuto;
  int in_chans = 3;  // as in TrainTransformOptions
};

// timm's RandomErasing, mode "pixel", count 1, after normalisation.
struct ErasingOptions {
  double probability = 0.25;
  double min_area = 0.02;
  double max_area = 1. / 3;
  double min_aspect = 0.3;  // drawn log-uniform up to its inverse
};

// timm's Mixup, mode "batch".
struct MixOptions {
  double mixup_alpha = 0.8;
  double cutmix_alpha = 1;
  double probability = 1;
  double switch_probability = 0.5;  // of CutMix, if both are on
  double smoothing = 0.1;
};

// Whether training images are padded and then cropped: kAuto does so where
// evaluation does not resize.
bool IsPadded(const TrainTransformOptions& options);

// Whether mixup or CutMix is on.
bool MixingEnabled(const MixOptions& options);

// Errors: kConfig, at the option below `where`.
void Validate(const TrainTransformOptions& options,
              std::string_view where = "augment");
void Validate(const EvalTransformOptions& options,
              std::string_view where = "augment");
void Validate(const ErasingOptions& options,
              std::string_view where = "augment");
void Validate(const MixOptions& options, std::string_view where = "augment");

}  // namespace wsel::augment
