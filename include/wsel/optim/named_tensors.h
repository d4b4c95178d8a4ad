#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <vector>

namespace wsel::optim {

// A model's parameter, or a tensor of a state that a run saves. Copies share
// the numbers.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
using NamedTensors = std::vector<NamedTensor>;

// The tensors' numbers as they are now: contiguous, on the CPU, shared with
// nothing.
NamedTensors Snapshot(const NamedTensors& tensors);

// Copies a snapshot's numbers back into `tensors`, in any order of names; all
// names, shapes and types are checked before the first number is copied.
// `where` names the snapshot's source in messages.
// Errors: kMismatch for a name that is missing, unknown or there twice, another
// shape or another type.
void Restore(const NamedTensors& snapshot, const NamedTensors& tensors,
             std::string_view where);

// Errors: kMismatch for what the optimizer cannot update: no float32, memory
// with gaps or overlaps, several devices, a name that is there twice.
void CheckParameters(const NamedTensors& parameters);

}  // namespace wsel::optim
