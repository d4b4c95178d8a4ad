#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <vector>

namespace wsel::optim {

// A parameter of a model, or a tensor of a run state. Copies share the memory.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
using NamedTensors = std::vector<NamedTensor>;

// Contiguous copies of the tensors on the CPU, sharing no memory.
NamedTensors CloneTensors(const NamedTensors& tensors);

// Copies the values of `saved` into `tensors`, matching them by name. All
// names, shapes and types are checked before anything is copied. `where` names
// the origin of `saved` in messages. Errors: kMismatch for a name that is
// missing, unknown or duplicated, and for a different shape or type.
void CopyTensorsInto(const NamedTensors& saved, const NamedTensors& tensors,
                     std::string_view where);

// Errors: kMismatch for what the optimizer cannot update: a type other than
// float32, memory with gaps or overlaps, several devices, a duplicate name.
void CheckParameters(const NamedTensors& parameters);

}  // namespace wsel::optim
