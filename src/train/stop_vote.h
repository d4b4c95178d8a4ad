#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "wsel/distributed/process_group.h"

namespace wsel::train {

// The stop signal that all ranks obey after a step: the largest that one of
// them had received when it began the step; 0: none. It is sent while the step
// is computed.
class StopVote {
 public:
  // Null `group`: this process decides alone, by the signal at the step's end.
  explicit StopVote(distributed::ProcessGroup* group) : group_(group) {}

  void Start(int signal) {
    if (group_ == nullptr) return;
    vote_.fill_(signal);
    transfer_ = group_->StartMax(vote_);
  }
  // `signal`: of this process by now.
  int Finish(int signal) {
    if (group_ == nullptr) return signal;
    transfer_.Wait();
    return vote_.item<int32_t>();
  }

 private:
  distributed::ProcessGroup* group_;
  at::Tensor vote_ = at::zeros({1}, at::kInt);
  distributed::ProcessGroup::Transfer transfer_;
};

}  // namespace wsel::train
