#include "wsel/train/eval_transform.h"

namespace wsel::train {

augment::EvalTransformOptions EvalTransformOf(const pretrained::Facts& facts) {
  return {.img_size = static_cast<int>(ImageSize(facts.model)),
          .crop_pct = facts.crop_pct.value,
          .interpolation = facts.interpolation.value,
          .pass_order = facts.pass_order.value,
          .crop_mode = facts.crop_mode.value};
}

}  // namespace wsel::train
