#include "component_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace wsel::select {

Error NoCounterpart(const std::string& student) {
  return Error(
      ErrorKind::kMismatch, student,
      fmt::format("the teacher has no such tensor; choose a student of the "
                  "teacher's architecture, or skip '{}' to re-initialise it",
                  student));
}

Unused OfUnusedBlock(std::string teacher) {
  return {std::move(teacher), std::string(kUnusedBlock), true};
}

model::Init InitByShape(const TensorSpec& spec) {
  if (spec.name.ends_with("bias") || spec.name.ends_with("running_mean")) {
    return {};
  }
  if (spec.shape.size() <= 1) return {.value = 1};
  return {.kind = model::InitKind::kTruncNormal, .value = 0.02, .bound = 0.04};
}

std::vector<Unused> NotSources(const std::vector<Unused>& unused,
                               const std::vector<MappedTensor>& tensors) {
  std::set<std::string_view> sources;
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher != nullptr) sources.insert(teacher->name);
  }
  std::vector<Unused> others;
  std::copy_if(unused.begin(), unused.end(), std::back_inserter(others),
               [&](const Unused& t) { return !sources.contains(t.teacher); });
  return others;
}

std::vector<Unused> ReasonsUnused(const std::vector<Unused>& unused,
                                  const std::vector<MappedTensor>& tensors) {
  std::vector<Unused> reasons = NotSources(unused, tensors);
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher != nullptr) reasons.push_back({teacher->name, "skipped"});
  }
  return reasons;
}

}  // namespace wsel::select
