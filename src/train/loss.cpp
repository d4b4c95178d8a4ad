#include "wsel/train/loss.h"

#include <ATen/ATen.h>

namespace wsel::train {

at::Tensor SoftTargetCrossEntropy(const at::Tensor& logits,
                                  const at::Tensor& targets) {
  const auto log_p = at::log_softmax(logits.to(at::kFloat), -1);
  return (-targets * log_p).sum(-1).mean();
}

}  // namespace wsel::train
