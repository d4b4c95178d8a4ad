#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "wsel/distributed/world.h"

namespace wsel::distributed {

// Another rank has ended or cannot be reached; what() is the library's message.
class RankLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Whether this build has Gloo, without which there is one rank.
bool HasGloo();

struct JoinOptions {
  // How long to wait for the others.
  std::chrono::seconds rendezvous_timeout{300};
  // Of the file where ranks without an address meet; "": they cannot.
  std::filesystem::path folder = {};
};

// The ranks that run a command together, and what they send each other, on
// PyTorch's c10d: by Gloo from CPU to CPU and by NCCL from GPU to GPU. Every
// rank calls the same functions in the same order. Functions that wait for
// others throw RankLost if one of them has ended.
class ProcessGroup {
 public:
  // Meets the other ranks. Errors: kConfig if this build has no Gloo, or if the
  // ranks are of different versions; kIo with the missing ranks after the
  // timeout, or if they cannot reach each other; kUsage if there is no place to
  // meet.
  ProcessGroup(const World& world, const JoinOptions& options);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const;
  int size() const;
  bool IsFirst() const { return rank() == 0; }
  int local_rank() const;  // among the ranks on this machine
  int local_size() const;
  int restart() const;  // by torchrun: how many times so far
  // "rank 3 (gpu07, process 4711)"
  std::string NameOf(int rank) const;

  // Before tensors on a GPU are sent. Errors: kConfig if this build has no
  // NCCL.
  void UseDevice(const c10::Device& device);

  // The text that the first rank passes.
  std::string FromFirst(const std::string& text);

  // A transfer that is not finished; its tensor must not be used before Wait.
  // On a GPU Wait returns at once, and later work on the stream waits.
  class Transfer {
   public:
    Transfer() = default;
    void Wait();

   private:
    friend class ProcessGroup;
    explicit Transfer(std::function<void()> wait) : wait_(std::move(wait)) {}
    std::function<void()> wait_;  // empty: done
  };
  // All-reduce: replaces a contiguous tensor by its sum, or its largest element
  // by element, over all ranks: the same bits on each.
  Transfer StartSum(at::Tensor tensor);
  Transfer StartMax(at::Tensor tensor);
  void Sum(const at::Tensor& tensor) { StartSum(tensor).Wait(); }
  // Replaces a contiguous tensor by that of the first rank.
  void Broadcast(const at::Tensor& tensor);
  // All-gather: the tensors of all ranks in their order; contiguous, on the CPU
  // and equal in shape.
  std::vector<at::Tensor> Gather(const at::Tensor& tensor);
  // Returns when all ranks have called it.
  void Barrier();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wsel::distributed
