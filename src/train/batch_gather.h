#pragma once

#include <ATen/core/Tensor.h>

#include "wsel/data/loader.h"
#include "wsel/distributed/process_group.h"
#include "wsel/train/evaluate.h"

namespace wsel::train {

// Brings the evaluated batches of all ranks to the first one, in the order in
// which one rank would have them. The batches there have no pixels.
class BatchGather {
 public:
  // `group` must outlive this. `use` is called on the first rank.
  BatchGather(distributed::ProcessGroup& group, OnLogits use)
      : group_(group), use_(std::move(use)) {}

  // This rank's next batch, with its logits [B, classes], float32 on the CPU.
  void Add(const data::Batch& batch, const at::Tensor& logits) {
    Round(&batch, logits);
  }
  // After the last one: takes part until no rank has more.
  void Finish() {
    while (Round(nullptr, {})) {
    }
  }

 private:
  // One batch of each rank, null for none. Whether any rank had one.
  bool Round(const data::Batch* batch, const at::Tensor& logits);

  distributed::ProcessGroup& group_;
  OnLogits use_;
};

}  // namespace wsel::train
