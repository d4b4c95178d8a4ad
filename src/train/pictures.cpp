#include "wsel/train/pictures.h"

#include "wsel/augment/erasing.h"
#include "wsel/augment/eval_transform.h"
#include "wsel/augment/train_transform.h"

namespace wsel::train {

data::Transform TrainPictures(const Options& options) {
  return [transform = options.transform, erasing = options.erasing,
          seed = options.seed](const image::Image& picture, int64_t epoch,
                               int64_t index, std::span<uint8_t> out,
                               data::Overlay& overlay) {
    const augment::SampleAddress address{seed, epoch, index};
    augment::TrainTransform(picture, transform, address, out);
    const auto erasure =
        augment::DrawErasing(erasing, transform.img_size, address);
    if (!erasure) return;
    overlay = {erasure->top, erasure->left, erasure->height, erasure->width,
               augment::ErasureNoise(*erasure, address)};
  };
}

data::Transform EvalPictures(const augment::EvalTransformOptions& options) {
  return [options](const image::Image& picture, int64_t /*epoch*/,
                   int64_t /*index*/, std::span<uint8_t> out,
                   data::Overlay& /*overlay*/) {
    augment::EvalTransform(picture, options, out);
  };
}

}  // namespace wsel::train
