#include <fmt/format.h>

#include <string_view>

#include "wsel/train/augmentation_switches.h"

namespace wsel::train {

std::vector<std::string> DescribeAugmentation(const Options& options) {
  const augment::TrainTransformOptions& transform = options.transform;
  std::vector<std::string> parts;
  const auto add = [&](std::string_view name, double value) {
    if (value > 0) parts.push_back(fmt::format("{} {:g}", name, value));
  };
  if (IsPadded(transform)) {
    parts.emplace_back("padded crop");
  } else if (transform.crop != augment::TrainCrop::kEvaluation) {
    parts.emplace_back("random resized crop");
  }
  add("hflip", transform.hflip);
  if (!transform.rand_augment.empty()) parts.push_back(transform.rand_augment);
  add("vflip", transform.vflip);
  add("colour jitter", transform.color_jitter);
  add("hue", transform.hue);
  if (options.repeats > 1) {
    parts.push_back(fmt::format("{} repeats", options.repeats));
  }
  add("random erasing", options.erasing.probability);
  add("mixup", options.mix.mixup_alpha);
  add("CutMix", options.mix.cutmix_alpha);
  add("label smoothing", options.mix.smoothing);
  return parts;
}

}  // namespace wsel::train
