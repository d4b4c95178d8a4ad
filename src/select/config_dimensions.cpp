#include "config_dimensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace wsel::select {
namespace {

using model::ParameterSpec;
using model::Role;

// How dimensions of a role are selected along.
struct SelectedRole {
  Role role;
  DimensionRole selected_as;
  std::string_view name;
  std::string_view label;
};

constexpr std::array<SelectedRole, 3> kSelectedRoles = {{
    {Role::kWidth, DimensionRole::kWidth, "width", "width"},
    {Role::kAttnInner, DimensionRole::kAttention, "attn", "attention width"},
    {Role::kMlpHidden, DimensionRole::kHidden, "mlp", "MLP width"},
}};

// Null for roles that are taken whole or resampled.
const SelectedRole* Find(Role role) {
  const auto at =
      std::find_if(kSelectedRoles.begin(), kSelectedRoles.end(),
                   [&](const SelectedRole& row) { return row.role == role; });
  return at == kSelectedRoles.end() ? nullptr : at;
}

}  // namespace

std::vector<MappedAxis> ConfigDimensions::AxesOf(const ParameterSpec& teacher,
                                                 const ParameterSpec& student) {
  std::vector<MappedAxis> axes;
  for (size_t axis = 0; axis < teacher.axes.size(); ++axis) {
    // One model may have trailing dimensions of 1 that the other lacks.
    axes.push_back(axis < student.axes.size() ? AxisOf(teacher, student, axis)
                                              : MappedAxis{});
  }
  return axes;
}

std::optional<Error> ConfigDimensions::Mismatch(
    const ParameterSpec& teacher, const ParameterSpec& student) const {
  const size_t rank = std::min(teacher.axes.size(), student.axes.size());
  for (size_t axis = 0; axis < rank; ++axis) {
    const Role role = student.axes[axis].role;
    const int64_t from = teacher.spec.shape[axis];
    const int64_t to = student.spec.shape[axis];
    if (official_ || from == to || role == Role::kTokens ||
        role == Role::kKernel || Find(role) != nullptr) {
      continue;
    }
    return Error(ErrorKind::kMismatch, student.spec.name,
                 fmt::format("dimension {} is {} in the student and {} in the "
                             "teacher; it must be equal, because nothing is "
                             "selected along it",
                             axis, to, from));
  }
  return std::nullopt;
}

MappedAxis ConfigDimensions::AxisOf(const ParameterSpec& teacher,
                                    const ParameterSpec& student, size_t axis) {
  const model::Axis& of = student.axes[axis];
  const SelectedRole* role = Find(of.role);
  MappedDimension d;
  d.from = teacher.spec.shape[axis];
  d.to = student.spec.shape[axis];
  if (official_) {
    if (d.from == d.to) return {};
    d.name = fmt::format("{} of {}", d.to, d.from);
    d.label = fmt::format("dimension {}", axis);
    return {Intern(std::move(d)), 1};
  }
  if (role == nullptr) return {};
  d.from /= of.groups;
  d.to /= of.groups;
  d.role = role->selected_as;
  d.in_block = role->name;
  d.name = role->name;
  d.label = role->label;
  if (StageDepths(models_.student).size() > 1) {
    d.name += fmt::format(".{}", of.stage);
    d.label += fmt::format(" of stage {}", of.stage);
  }
  if (of.role == Role::kAttnInner) {
    d.from_heads = HeadsOf(models_.teacher);
    d.to_heads = HeadsOf(models_.student);
  }
  return {Intern(std::move(d)), of.groups};
}

size_t ConfigDimensions::Intern(MappedDimension dimension) {
  const auto at = std::find_if(
      dimensions_.begin(), dimensions_.end(),
      [&](const MappedDimension& d) { return d.name == dimension.name; });
  if (at == dimensions_.end()) {
    dimensions_.push_back(std::move(dimension));
    return dimensions_.size() - 1;
  }
  return static_cast<size_t>(at - dimensions_.begin());
}

HeadSplit HeadsOf(const model::Config& config) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  return vit == nullptr ? HeadSplit{}
                        : HeadSplit{vit->num_heads, vit->HeadDim()};
}

}  // namespace wsel::select
