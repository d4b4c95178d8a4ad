#include "wsel/train/eval_transform.h"

namespace wsel::train {

augment::EvalTransformOptions EvalTransformOf(const pretrained::Facts& facts) {
  return {.img_size = ImageSize(facts.model),
          .crop_pct = facts.crop_pct.value,
          .interpolation = facts.interpolation.value,
          .pass_order = facts.pass_order.value,
          .crop_mode = facts.crop_mode.value,
          .in_chans = static_cast<int>(InChans(facts.model))};
}

}  // namespace wsel::train
