#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <utility>

#include "wsel/distributed/process_group.h"

namespace wsel::train {

// The stop signal that all ranks obey after a step: the largest that one of
// them had received when it began the step; 0: none. It is sent while the step
// is computed.
class StopVote {
 public:
  // `own_signal` of this process, polled once per step. Null `group`: only it
  // decides, at the step's end.
  StopVote(distributed::ProcessGroup* group, std::function<int()> own_signal)
      : group_(group), own_signal_(std::move(own_signal)) {}

  void Start() {
    if (group_ == nullptr) return;
    vote_.fill_(OwnSignal());
    transfer_ = group_->StartMax(vote_);
  }
  int Finish() {
    if (group_ == nullptr) return OwnSignal();
    transfer_.Wait();
    return vote_.item<int32_t>();
  }

 private:
  int OwnSignal() const { return own_signal_ ? own_signal_() : 0; }

  distributed::ProcessGroup* group_;
  std::function<int()> own_signal_;
  at::Tensor vote_ = at::zeros({1}, at::kInt);
  distributed::ProcessGroup::Transfer transfer_;
};

}  // namespace wsel::train
