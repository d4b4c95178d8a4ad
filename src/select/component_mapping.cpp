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

std::vector<Unused> ReasonsUnused(const std::vector<MappedTensor>& tensors,
                                  const std::vector<Unused>& others) {
  std::vector<Unused> skipped;
  std::set<std::string_view> sources;
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher == nullptr) continue;
    skipped.push_back({teacher->name, "skipped"});
    sources.insert(teacher->name);
  }
  std::vector<Unused> reasons;
  std::copy_if(others.begin(), others.end(), std::back_inserter(reasons),
               [&](const Unused& t) { return !sources.contains(t.teacher); });
  reasons.insert(reasons.end(), skipped.begin(), skipped.end());
  return reasons;
}

}  // namespace wsel::select
