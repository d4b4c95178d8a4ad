#include "wsel/image/eval_resize.h"

#include <fmt/format.h>

#include <array>

namespace wsel::image {
namespace {

constexpr int64_t kLargestUnresized = 32;
constexpr int64_t kSmallestWhole = 384;

constexpr std::array<Registered<CropMode>, 3> kCropModes = {{
    {CropMode::kAuto, "auto",
     "by the size: up to 32 px only cropped, from 384 px squash, else center"},
    {CropMode::kCenter, "center", "the short side resized, the middle cropped"},
    {CropMode::kSquash, "squash",
     "resized to the model's aspect ratio, the middle cropped"},
}};
constexpr Registry<CropMode> kCropModeNames("crop mode", kCropModes);

}  // namespace

const Registry<CropMode>& CropModes() { return kCropModeNames; }

EvalResize EvalResizeOf(CropMode mode, const HeightWidth& img_size) {
  if (mode == CropMode::kCenter) return EvalResize::kShortSide;
  if (mode == CropMode::kSquash) return EvalResize::kSquash;
  if (img_size.Longer() <= kLargestUnresized) return EvalResize::kNone;
  return img_size.Shorter() < kSmallestWhole ? EvalResize::kShortSide
                                             : EvalResize::kWhole;
}

HeightWidth SizeBeforeCrop(const HeightWidth& img_size, double crop_pct) {
  const auto before = [&](int64_t side) {
    return static_cast<int64_t>(static_cast<double>(side) / crop_pct);
  };
  return {before(img_size.height), before(img_size.width)};
}

std::string DescribeAutoCrop() {
  return fmt::format(
      "up to {} px they are cropped without resizing, from {} px resized whole",
      kLargestUnresized, kSmallestWhole);
}

}  // namespace wsel::image
