#include "wsel/augment/options.h"

#include <fmt/format.h>

#include "wsel/augment/auto_augment.h"
#include "wsel/core/error.h"
#include "wsel/image/channels.h"

namespace wsel::augment {
namespace {

// Throws kConfig at "<where>.<name>" unless low <= value <= high; NaN throws.
void CheckRange(std::string_view where, std::string_view name, double value,
                double low, double high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorKind::kConfig, fmt::format("{}.{}", where, name),
              "{} is not in {} ... {}", value, low, high);
}

void CheckSize(std::string_view where, const HeightWidth& img_size) {
  for (const int64_t side : {img_size.height, img_size.width}) {
    CheckRange(where, "img_size", static_cast<double>(side), 1, 4096);
  }
}

// Policies and colour jitter are of RGB and grey images.
void CheckColours(const TrainTransformOptions& options,
                  std::string_view where) {
  if (image::IsRgbOrGrey(options.in_chans)) return;
  const auto fail = [&](const char* key, const char* off) {
    throw Error(ErrorKind::kConfig, fmt::format("{}.{}", where, key),
                "changes the colours of images, and those of {} channels have "
                "none: set it to {}",
                options.in_chans, off);
  };
  if (!options.rand_augment.empty()) fail("rand_augment", "\"\"");
  if (options.color_jitter > 0) fail("color_jitter", "0");
  if (options.hue > 0) fail("hue", "0");
}

}  // namespace

bool IsPadded(const TrainTransformOptions& options) {
  const auto evaluated =
      image::EvalResizeOf(image::CropMode::kAuto, options.img_size);
  return options.crop == TrainCrop::kPadded ||
         (options.crop == TrainCrop::kAuto &&
          evaluated == image::EvalResize::kNone);
}

bool MixingEnabled(const MixOptions& options) {
  return options.mixup_alpha > 0 || options.cutmix_alpha > 0;
}

void Validate(const TrainTransformOptions& options, std::string_view where) {
  CheckSize(where, options.img_size);
  CheckRange(where, "scale[1]", options.scale[1], 1e-6, 1);
  CheckRange(where, "scale[0]", options.scale[0], 1e-6, options.scale[1]);
  CheckRange(where, "ratio[1]", options.ratio[1], 1e-3, 1e3);
  CheckRange(where, "ratio[0]", options.ratio[0], 1e-3, options.ratio[1]);
  CheckRange(where, "padding", options.padding, 0,
             static_cast<double>(options.img_size.Shorter()));
  CheckRange(where, "hflip", options.hflip, 0, 1);
  CheckRange(where, "vflip", options.vflip, 0, 1);
  ValidatePolicy(options.rand_augment, fmt::format("{}.rand_augment", where));
  CheckRange(where, "color_jitter", options.color_jitter, 0, 100);
  CheckRange(where, "hue", options.hue, 0, 0.5);
  CheckColours(options, where);
}

void Validate(const EvalTransformOptions& options, std::string_view where) {
  CheckSize(where, options.img_size);
  CheckRange(where, "crop_pct", options.crop_pct, 0.1, 1);
}

void Validate(const ErasingOptions& options, std::string_view where) {
  CheckRange(where, "probability", options.probability, 0, 1);
  CheckRange(where, "max_area", options.max_area, 0, 1);
  CheckRange(where, "min_area", options.min_area, 0, options.max_area);
  CheckRange(where, "min_aspect", options.min_aspect, 1e-3, 1);
}

void Validate(const MixOptions& options, std::string_view where) {
  CheckRange(where, "mixup_alpha", options.mixup_alpha, 0, 1e6);
  CheckRange(where, "cutmix_alpha", options.cutmix_alpha, 0, 1e6);
  CheckRange(where, "probability", options.probability, 0, 1);
  CheckRange(where, "switch_probability", options.switch_probability, 0, 1);
  CheckRange(where, "smoothing", options.smoothing, 0, 1);
}

}  // namespace wsel::augment
