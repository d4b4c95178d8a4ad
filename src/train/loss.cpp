#include "wsel/train/loss.h"

#include <ATen/ATen.h>

#include <optional>

namespace wsel::train {
namespace {

// Of each class, shaped as the logits.
at::Tensor BinaryLoss(const at::Tensor& logits, const at::Tensor& targets,
                      const LossOptions& options,
                      const at::Tensor& pos_weight) {
  auto loss = at::binary_cross_entropy_with_logits(
      logits, targets, /*weight=*/{},
      pos_weight.defined() ? std::optional(pos_weight) : std::nullopt,
      at::Reduction::None);
  if (options.name == LossName::kBce) return loss;
  // Interpolates linearly: soft targets are between both.
  const auto mixed = [&](const at::Tensor& of_one, const at::Tensor& of_zero) {
    return of_one * targets + of_zero * (1 - targets);
  };
  const auto p = at::sigmoid(logits);
  auto focal = loss * (1 - mixed(p, 1 - p)).pow(options.focal_gamma);
  if (options.focal_alpha < 0) return focal;
  const double alpha = options.focal_alpha;
  return (alpha * targets + (1 - alpha) * (1 - targets)) * focal;
}

// Cross-entropy needs no mask: a skipped image has targets of 0.
at::Tensor MaskInvalid(const at::Tensor& per_image, const at::Tensor& valid) {
  if (!valid.defined() || valid.all().item<bool>()) return per_image;
  return per_image.masked_fill(valid.logical_not().to(per_image.device()), 0);
}

}  // namespace

at::Tensor SoftTargetCrossEntropy(const at::Tensor& logits,
                                  const at::Tensor& targets) {
  const auto log_p = at::log_softmax(logits.to(at::kFloat), -1);
  return (-targets * log_p).sum(-1).mean();
}

at::Tensor TaskLoss(const at::Tensor& logits, const at::Tensor& targets,
                    const LossOptions& options, const at::Tensor& valid,
                    const at::Tensor& pos_weight) {
  if (options.name == LossName::kCrossEntropy) {
    return SoftTargetCrossEntropy(logits, targets);
  }
  const auto labels = options.target_threshold > 0
                          ? targets.gt(options.target_threshold).to(at::kFloat)
                          : targets.to(at::kFloat);
  const auto loss =
      BinaryLoss(logits.to(at::kFloat), labels, options, pos_weight);
  const auto per_image = options.sum_classes ? loss.sum(-1) : loss.mean(-1);
  return MaskInvalid(per_image, valid).mean();
}

}  // namespace wsel::train
