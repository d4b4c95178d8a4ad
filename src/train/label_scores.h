#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/train/multi_label_metrics.h"

namespace wsel::train {

// The logits and labels of evaluated multi-label images, over batches and
// ranks: mAP ranks all of them.
class LabelScores {
 public:
  // Of each batch in turn, also of one without images left: logits and labels
  // as 0 and 1, [B, classes] float32 on the CPU.
  void Add(const at::Tensor& logits, const at::Tensor& multi_hot);

  // Gives each rank the images of all, in the order in which one rank would
  // have them (data::EvalBatches). Called by each.
  void GatherRanks(distributed::ProcessGroup& group);

  MultiLabelTable Table() const;

 private:
  std::vector<at::Tensor> batches_;  // [B, 2 * classes]: logits, labels
};

}  // namespace wsel::train
