#include "wsel/train/transforms.h"

#include "wsel/augment/erasing.h"
#include "wsel/augment/eval_transform.h"
#include "wsel/augment/train_transform.h"

namespace wsel::train {

data::Transform MakeTrainTransform(const Options& options) {
  return [transform = options.transform, erasing = options.erasing,
          seed = options.seed](const image::Image& image, int64_t epoch,
                               int64_t index, std::span<uint8_t> out,
                               data::ErasePatch& patch) {
    const augment::SampleAddress address{seed, epoch, index};
    augment::TrainTransform(image, transform, address, out);
    const auto erasure =
        augment::DrawErasing(erasing, transform.img_size, address);
    if (!erasure) return;
    patch = {erasure->top, erasure->left, erasure->height, erasure->width,
             augment::ErasingNoise(*erasure, address)};
  };
}

data::Transform MakeEvalTransform(
    const augment::EvalTransformOptions& options) {
  return
      [options](const image::Image& image, int64_t /*epoch*/, int64_t /*index*/,
                std::span<uint8_t> out, data::ErasePatch& /*patch*/) {
        augment::EvalTransform(image, options, out);
      };
}

}  // namespace wsel::train
