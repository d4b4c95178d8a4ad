#include "wsel/augment/apply_to_batch.h"

#include <ATen/ATen.h>

#include "wsel/core/error.h"

namespace wsel::augment {
namespace {

void CheckEven(int64_t count) {
  if (count % 2 == 0) return;
  throw Error(ErrorKind::kConfig, "train.mixup_batch",
              "must be even, since images are mixed in pairs");
}

// Changes `targets`.
at::Tensor WithPartners(at::Tensor targets, double lambda,
                        const at::Tensor& valid) {
  if (valid.defined()) {
    targets.masked_fill_(valid.logical_not().unsqueeze(1), 0);
  }
  if (lambda == 1) return targets;
  CheckEven(targets.size(0));
  return targets * lambda + targets.flip(0) * (1 - lambda);
}

}  // namespace

void Erase(at::Tensor& images, int64_t i, int top, int left, int height,
           int width, const at::Tensor& values) {
  if (i < 0 || i >= images.size(0) || top < 0 || left < 0 || height < 0 ||
      width < 0 || top + int64_t{height} > images.size(2) ||
      left + int64_t{width} > images.size(3) ||
      values.numel() != images.size(1) * height * width) {
    throw Error(ErrorKind::kConfig, "erase",
                "the rectangle and its values do not fit the images");
  }
  images.select(0, i)
      .slice(1, top, top + height)
      .slice(2, left, left + width)
      .copy_(values.view({images.size(1), height, width}));
}

at::Tensor Mix(const at::Tensor& images, const MixDraw& draw) {
  if (draw.lambda == 1) return images;
  CheckEven(images.size(0));
  at::Tensor mixed = images;
  if (!draw.cutmix) {
    const at::Tensor partners = images.flip(0).mul_(1 - draw.lambda);
    return mixed.mul_(draw.lambda).add_(partners);
  }
  at::Tensor box =
      mixed.slice(2, draw.top, draw.bottom).slice(3, draw.left, draw.right);
  box.copy_(box.flip(0));  // flip copies, so the halves do not overlap
  return mixed;
}

at::Tensor MixTargets(const at::Tensor& labels, int64_t num_classes,
                      double smoothing, double lambda,
                      const at::Tensor& valid) {
  const double off = smoothing / static_cast<double>(num_classes);
  at::Tensor targets =
      at::full({labels.size(0), num_classes}, off,
               labels.options().dtype(at::kFloat))
          .scatter_(1, labels.unsqueeze(1), 1 - smoothing + off);
  return WithPartners(targets, lambda, valid);
}

at::Tensor MixMultiHot(const at::Tensor& multi_hot, double smoothing,
                       double lambda, const at::Tensor& valid) {
  const double off = smoothing / static_cast<double>(multi_hot.size(1));
  return WithPartners(multi_hot * (1 - smoothing) + off, lambda, valid);
}

}  // namespace wsel::augment
