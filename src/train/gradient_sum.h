#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

#include "wait_clock.h"
#include "wsel/distributed/process_group.h"
#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// Sums the gradients of parameters over all ranks. They are sent in buckets,
// the last parameters' first, as soon as the backward pass has computed them,
// while it computes the others: DistributedDataParallel's way (Li et al. 2020).
class GradientSum {
 public:
  // 4 MiB: small enough that a model of 5 million parameters has several to
  // overlap; large enough that their number does not matter. PyTorch has 25 MB
  // for larger models.
  static constexpr int64_t kBucketElements = 1 << 20;

  // Shares the parameters, float32 on `device`; `group` must outlive this. A
  // bucket has one parameter, or several of `bucket_elements` in all.
  GradientSum(const optim::NamedTensors& parameters,
              distributed::ProcessGroup& group, const c10::Device& device,
              int64_t bucket_elements = kBucketElements);
  ~GradientSum();  // no backward pass is running
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // Before the last backward pass of an optimizer step: its gradients are sent
  // as they become final.
  void Arm();

  // After it: every gradient is the sum of those of all ranks, the same bits on
  // each. One that no rank has stays undefined. Errors: RankLost.
  void Finish();

  size_t num_buckets() const { return buckets_.size(); }

  // Time spent waiting in Finish, since the last call.
  double TakeWaitSeconds() { return waited_.TakeSeconds(); }

 private:
  struct Hook;
  struct Bucket {
    std::vector<size_t> parameters;
    // Their gradients, one after the other, then a flag for each parameter: on
    // how many ranks it has a gradient. So that needs no transfer of its own.
    at::Tensor flat;
    std::vector<at::Tensor> parts;  // views of it in the parameters' shapes
    at::Tensor flags;               // [parameters], a view of it
    size_t missing = 0;             // gradients that are not final
    distributed::ProcessGroup::Transfer transfer;
  };

  void AddToBucket(size_t parameter, int64_t bucket_elements);
  void OnGradient(size_t bucket);
  // Sends the buckets before `end` that are not on their way.
  void StartUpTo(size_t end);
  // Copies the gradients of this rank into it.
  void Fill(const Bucket& bucket);
  void CopyBack(const Bucket& bucket);

  std::vector<at::Tensor> parameters_;
  distributed::ProcessGroup& group_;
  std::vector<Bucket> buckets_;
  bool armed_ = false;
  size_t started_ = 0;  // buckets: on all ranks in the same order
  WaitClock waited_;
};

}  // namespace wsel::train
