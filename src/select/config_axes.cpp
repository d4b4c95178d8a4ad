#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "config_pair.h"

namespace wsel::select {
namespace {

using model::ParameterSpec;
using model::Role;

// A role that is selected along.
struct SelectedRole {
  Role role;
  DimensionRole as;
  std::string_view name;
  std::string_view label;
};

constexpr std::array<SelectedRole, 3> kSelectedRoles = {{
    {Role::kWidth, DimensionRole::kWidth, "width", "width"},
    {Role::kAttnInner, DimensionRole::kAttention, "attn", "attention width"},
    {Role::kMlpHidden, DimensionRole::kHidden, "mlp", "MLP width"},
}};

std::string BlockName(const ParameterSpec& tensor) {
  return tensor.key.starts_with("stages.")
             ? fmt::format("stages.{}.blocks.{}", tensor.stage, tensor.block)
             : fmt::format("blocks.{}", tensor.block);
}

// One whose positions have no role: of the official rule, which selects along
// all that differ, or fixed.
MappedAxis AxisBySizes(int64_t from, int64_t to, DimensionRole role,
                       size_t at) {
  MappedAxis axis;
  axis.name = fmt::format("{} of {}", to, from);
  axis.label = fmt::format("dimension {}", at);
  axis.role = role;
  axis.from = from;
  axis.to = to;
  return axis;
}

MappedAxis SelectedAxis(const ConfigPair& models, const SelectedRole& role,
                        const ParameterSpec& student, const model::Axis& of) {
  MappedAxis axis;
  axis.name = role.name;
  axis.label = role.label;
  if (StageDepths(models.student).size() > 1) {
    axis.name += fmt::format(".{}", of.stage);
    axis.label += fmt::format(" of stage {}", of.stage);
  }
  axis.role = role.as;
  // Hidden channels of different blocks are unrelated.
  if (role.as != DimensionRole::kWidth) {
    axis.name_in_block = fmt::format("{}.{}", BlockName(student), role.name);
  }
  axis.groups = of.groups;
  axis.from_heads = HeadsOf(models.teacher);
  axis.to_heads = HeadsOf(models.student);
  return axis;
}

}  // namespace

std::vector<MappedAxis> AxesOf(const ConfigPair& models,
                               const ParameterSpec& teacher,
                               const ParameterSpec& student, bool official) {
  // One model may have trailing dimensions of 1 that the other lacks.
  std::vector<MappedAxis> axes(teacher.axes.size());
  const size_t rank = std::min(teacher.axes.size(), student.axes.size());
  for (size_t at = 0; at < rank; ++at) {
    const int64_t from = teacher.spec.shape[at];
    const int64_t to = student.spec.shape[at];
    const model::Axis& of = student.axes[at];
    const auto* const role = std::find_if(
        kSelectedRoles.begin(), kSelectedRoles.end(),
        [&](const SelectedRole& row) { return row.role == of.role; });
    if (official) {
      axes[at] = AxisBySizes(from, to, DimensionRole::kWidth, at);
    } else if (role != kSelectedRoles.end()) {
      axes[at] = SelectedAxis(models, *role, student, of);
      axes[at].from = from / of.groups;
      axes[at].to = to / of.groups;
    } else if (of.role != Role::kTokens && of.role != Role::kKernel) {
      axes[at] = AxisBySizes(from, to, DimensionRole::kFixed, at);
    }
  }
  return axes;
}

HeadSplit HeadsOf(const model::Config& config) {
  const int64_t heads = NumHeads(config);
  return heads == 0 ? HeadSplit{} : HeadSplit{heads, NumFeatures(config) / heads};
}

}  // namespace wsel::select
