#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/train/class_metrics.h"

namespace wsel::train {

// Counts of evaluated images by class, over batches and ranks.
class ClassSums {
 public:
  // Logits [B, classes] and labels [B], on the CPU.
  void Add(const at::Tensor& logits, const at::Tensor& labels);

  // Replaces the counts by the sums over all ranks. Called by each.
  void SumOverRanks(distributed::ProcessGroup& group);

  std::vector<ClassCounts> classes() const;
  // [classes, classes] int64, images by label and prediction; undefined without
  // images or with more than kMaxConfusionClasses.
  at::Tensor confusion() const { return confusion_; }

 private:
  void Prepare(int64_t num_classes);

  at::Tensor counts_;  // [3, classes] int64: support, predicted, correct
  at::Tensor confusion_;
};

}  // namespace wsel::train
