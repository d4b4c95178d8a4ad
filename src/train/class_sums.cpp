#include "class_sums.h"

#include <ATen/ATen.h>

#include "wsel/train/evaluate.h"

namespace wsel::train {

void ClassSums::Prepare(int64_t num_classes) {
  if (counts_.defined() || num_classes == 0) return;
  counts_ = at::zeros({3, num_classes}, at::kLong);
  if (num_classes <= kMaxConfusionClasses) {
    confusion_ = at::zeros({num_classes, num_classes}, at::kLong);
  }
}

void ClassSums::Add(const at::Tensor& logits, const at::Tensor& labels) {
  if (labels.numel() == 0) return;
  Prepare(logits.size(1));
  const auto truth = labels.to(at::kLong);
  const auto predicted = logits.argmax(1);  // the lowest index of equal ones
  const auto one = at::ones_like(truth);
  const auto correct = predicted.eq(truth).to(at::kLong);
  counts_[0].scatter_add_(0, truth, one);
  counts_[1].scatter_add_(0, predicted, one);
  counts_[2].scatter_add_(0, truth, correct);
  if (confusion_.defined()) {
    confusion_.view({-1}).scatter_add_(0, truth * logits.size(1) + predicted,
                                       one);
  }
}

void ClassSums::SumOverRanks(distributed::ProcessGroup& group) {
  // A rank without batches does not know the number of classes.
  const at::Tensor width = at::full(
      {1}, counts_.defined() ? static_cast<int32_t>(counts_.size(1)) : 0,
      at::kInt);
  group.StartMax(width).Wait();
  Prepare(width.item<int32_t>());
  if (counts_.defined()) group.Sum(counts_);
  if (confusion_.defined()) group.Sum(confusion_);
}

std::vector<ClassCounts> ClassSums::classes() const {
  std::vector<ClassCounts> classes;
  if (!counts_.defined()) return classes;
  const auto counts = counts_.accessor<int64_t, 2>();
  for (int64_t c = 0; c < counts_.size(1); ++c) {
    classes.push_back({counts[0][c], counts[1][c], counts[2][c]});
  }
  return classes;
}

}  // namespace wsel::train
