#include "wsel/optim/named_tensors.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/tensor/spec.h"

namespace wsel::optim {
namespace {

using ByName = std::map<std::string_view, const at::Tensor*>;

std::string Describe(const at::Tensor& tensor) {
  return fmt::format("{} {}", c10::toString(tensor.scalar_type()),
                     FormatShape(tensor.sizes().vec()));
}

ByName Index(const NamedTensors& tensors, std::string_view where) {
  ByName index;
  for (const auto& [name, tensor] : tensors) {
    if (!index.emplace(name, &tensor).second) {
      throw Error(ErrorKind::kMismatch, where, "'{}' occurs twice", name);
    }
  }
  return index;
}

void CheckKnown(const ByName& saved, const NamedTensors& tensors,
                std::string_view where) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  for (const auto& [name, tensor] : saved) {
    if (std::ranges::find(names, name) != names.end()) continue;
    throw Error(ErrorKind::kMismatch, where, Unknown("state", name, names));
  }
}

void CheckFits(const ByName& saved, const NamedTensor& target,
               std::string_view where) {
  const auto found = saved.find(target.name);
  if (found == saved.end()) {
    throw Error(ErrorKind::kMismatch, where, "'{}' is missing", target.name);
  }
  const at::Tensor& tensor = *found->second;
  if (tensor.sizes() == target.tensor.sizes() &&
      tensor.scalar_type() == target.tensor.scalar_type()) {
    return;
  }
  throw Error(ErrorKind::kMismatch, where, "'{}' is {}; expected {}",
              target.name, Describe(tensor), Describe(target.tensor));
}

void CheckParameter(const NamedTensor& parameter, const at::Device& device) {
  const auto& [name, tensor] = parameter;
  if (tensor.scalar_type() != at::kFloat) {
    throw Error(ErrorKind::kMismatch, name, "is {}: parameters must be Float",
                c10::toString(tensor.scalar_type()));
  }
  if (!tensor.is_non_overlapping_and_dense()) {
    throw Error(ErrorKind::kMismatch, name,
                "is a view with gaps or overlaps: make it contiguous");
  }
  if (tensor.device() != device) {
    throw Error(ErrorKind::kMismatch, name,
                "is on {}, but other parameters are on {}",
                tensor.device().str(), device.str());
  }
}

}  // namespace

NamedTensors CloneTensors(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) {
    copies.push_back({name, tensor.detach().to(at::kCPU).clone(
                                at::MemoryFormat::Contiguous)});
  }
  return copies;
}

void CopyTensorsInto(const NamedTensors& saved, const NamedTensors& tensors,
                     std::string_view where) {
  const at::NoGradGuard no_grad;
  const ByName by_name = Index(saved, where);
  CheckKnown(by_name, tensors, where);
  for (const NamedTensor& target : tensors) CheckFits(by_name, target, where);
  for (const auto& [name, tensor] : tensors) tensor.copy_(*by_name.at(name));
}

void CheckParameters(const NamedTensors& parameters) {
  if (parameters.empty()) return;
  Index(parameters, "parameters");
  const at::Device device = parameters.front().tensor.device();
  for (const NamedTensor& parameter : parameters) {
    CheckParameter(parameter, device);
  }
}

}  // namespace wsel::optim
