#include "wsel/train/augmentation_switches.h"

namespace wsel::train {

std::span<const AugmentationSwitch> AugmentationSwitches() {
  static constexpr AugmentationSwitch kRows[] = {
      {.off = "augment.crop=evaluation",
       .is_on =
           [](const Options& o) {
             return o.transform.crop != augment::TrainCrop::kEvaluation;
           },
       .crops_or_flips = true},
      {.off = "augment.hflip=0",
       .is_on = [](const Options& o) { return o.transform.hflip > 0; },
       .crops_or_flips = true},
      {.off = "augment.vflip=0",
       .is_on = [](const Options& o) { return o.transform.vflip > 0; },
       .crops_or_flips = true},
      {.off = "augment.rand_augment=\"\"",
       .is_on =
           [](const Options& o) { return !o.transform.rand_augment.empty(); }},
      {.off = "augment.color_jitter=0",
       .is_on = [](const Options& o) { return o.transform.color_jitter > 0; }},
      {.off = "augment.hue=0",
       .is_on = [](const Options& o) { return o.transform.hue > 0; }},
      {.off = "erasing.probability=0",
       .is_on = [](const Options& o) { return o.erasing.probability > 0; }},
      {.off = "mix.mixup_alpha=0",
       .is_on = [](const Options& o) { return o.mix.mixup_alpha > 0; }},
      {.off = "mix.cutmix_alpha=0",
       .is_on = [](const Options& o) { return o.mix.cutmix_alpha > 0; }}};
  return kRows;
}

}  // namespace wsel::train
