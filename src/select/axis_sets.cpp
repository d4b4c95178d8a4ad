#include "axis_sets.h"

#include <fmt/format.h>

#include <algorithm>

#include "indices.h"
#include "wsel/core/error.h"

namespace wsel::select {
namespace {

using model::Axis;
using model::ParameterSpec;
using model::Role;

// Whether indices are selected along dimensions of this role; the others are
// taken whole or resampled.
bool IsSelectable(Role role) {
  return role == Role::kWidth || role == Role::kAttnInner ||
         role == Role::kMlpHidden;
}

std::string BlockName(const ParameterSpec& tensor) {
  return tensor.key.starts_with("stages.")
             ? fmt::format("stages.{}.blocks.{}", tensor.stage, tensor.block)
             : fmt::format("blocks.{}", tensor.block);
}

int64_t SizeOfGroup(const ParameterSpec& tensor, size_t axis) {
  return tensor.spec.shape[axis] / tensor.axes[axis].groups;
}

}  // namespace

AxisSets::AxisSets(const ModelPair& models, const Options& options,
                   const std::vector<TensorPair>& pairs,
                   const ImportanceScores& importance)
    : models_(models),
      options_(options),
      pairs_(pairs),
      importance_(importance) {
  if (const int64_t heads = NumHeads(models.teacher); heads > 0) {
    teacher_ = {heads, NumFeatures(models.teacher) / heads};
    const int64_t student_heads = NumHeads(models.student);
    student_ = {student_heads, NumFeatures(models.student) / student_heads};
  }
}

void AxisSets::Check(std::vector<std::string>& notes) const {
  for (const TensorPair& pair : pairs_) {
    if (pair.teacher == nullptr) continue;
    const size_t rank =
        std::min(pair.teacher->axes.size(), pair.student->axes.size());
    for (size_t axis = 0; axis < rank; ++axis) CheckAxis(pair, axis);
  }
  CheckHeads(notes);
}

void AxisSets::CheckAxis(const TensorPair& pair, size_t axis) const {
  const int64_t from = pair.teacher->spec.shape[axis];
  const int64_t to = pair.student->spec.shape[axis];
  const Axis& role = pair.student->axes[axis];
  if (IsSelectable(role.role) && to > from) {
    const bool staged = StageDepths(models_.student).size() > 1;
    const std::string_view what = role.role == Role::kWidth ? "width"
                                  : role.role == Role::kMlpHidden
                                      ? "MLP width"
                                      : "attention width";
    throw Error(
        ErrorKind::kMismatch,
        staged ? fmt::format("{} of stage {}", what, role.stage)
               : std::string(what),
        fmt::format("the student has {}, the teacher only {} ({}); a student "
                    "must not be wider than its teacher",
                    to / role.groups, from / role.groups,
                    pair.student->spec.name));
  }
  const bool resampled = role.role == Role::kTokens ||
                         role.role == Role::kKernel || options_.official;
  if (!IsSelectable(role.role) && !resampled && to != from) {
    throw Error(ErrorKind::kMismatch, pair.student->spec.name,
                fmt::format("dimension {} is {} in the student and {} in the "
                            "teacher; it must be equal, because nothing is "
                            "selected along it",
                            axis, to, from));
  }
  if (options_.official && to > from) {
    throw Error(ErrorKind::kMismatch, pair.student->spec.name,
                fmt::format("dimension {} is {} in the student and only {} in "
                            "the teacher",
                            axis, to, from));
  }
}

void AxisSets::CheckHeads(std::vector<std::string>& notes) const {
  const auto fail = [](std::string_view what, int64_t from, int64_t to,
                       std::string_view rule) {
    throw Error(ErrorKind::kMismatch, fmt::format("heads={}", rule),
                fmt::format("needs an equal {}: the teacher's is {}, the "
                            "student's {}; use heads=flat",
                            what, from, to));
  };
  if (options_.heads == Heads::kWhole &&
      teacher_.head_dim != student_.head_dim) {
    fail("head dimension", teacher_.head_dim, student_.head_dim, "whole");
  }
  if (options_.heads == Heads::kWithin && teacher_.heads != student_.heads) {
    fail("number of heads", teacher_.heads, student_.heads, "within");
  }
  if (options_.heads == Heads::kFlat &&
      teacher_.head_dim != student_.head_dim) {
    notes.push_back(fmt::format(
        "the head dimension changes from {} to {} (heads {} to {}): q, k, v "
        "and proj stay consistent, but a head of the student does not "
        "correspond to one head of the teacher",
        teacher_.head_dim, student_.head_dim, teacher_.heads, student_.heads));
  }
}

AxisPick AxisSets::Pick(const TensorPair& pair, size_t axis) {
  const ParameterSpec& teacher = *pair.teacher;
  if (axis >= pair.student->axes.size()) return {};  // trailing 1x1
  const int64_t from = teacher.spec.shape[axis];
  const int64_t to = pair.student->spec.shape[axis];
  if (from == to) return {};
  if (options_.official) {
    return {Intern(fmt::format("{} of {}", to, from), from,
                   [&] { return UniformFp32(from, to); }),
            1};
  }
  const Axis& role = pair.student->axes[axis];
  if (!IsSelectable(role.role)) return {};  // resampled
  const std::string name = NameOf(pair, axis);
  if (!KeepsConsistency(options_.method)) {
    return {Intern(name, from,
                   [&] {
                     return SelectIndices(options_, name, from, to,
                                          OwnScores(pair, axis));
                   }),
            1};
  }
  const int64_t of = from / role.groups;
  return {Intern(name, of,
                 [&] {
                   const auto scores = SharedScores(name, of);
                   return role.role == Role::kAttnInner
                              ? SelectChannels(options_, name, teacher_,
                                               student_, scores)
                              : SelectIndices(options_, name, of,
                                              to / role.groups, scores);
                 }),
          role.groups};
}

// Dimensions with the same name share one index set.
std::string AxisSets::NameOf(const TensorPair& pair, size_t axis) const {
  if (!KeepsConsistency(options_.method)) {
    return fmt::format("{}[{}]", pair.student->spec.name, axis);
  }
  const Axis& role = pair.student->axes[axis];
  const bool staged = StageDepths(models_.student).size() > 1;
  const std::string stage = staged ? fmt::format(".{}", role.stage) : "";
  if (role.role == Role::kWidth) return "width" + stage;
  const std::string_view what = role.role == Role::kAttnInner ? "attn" : "mlp";
  // Hidden channels of different blocks are unrelated: data-dependent rules
  // select them per block.
  if (IsDataDependent(options_.method)) {
    return fmt::format("{}.{}", BlockName(*pair.student), what);
  }
  return fmt::format("{}{}", what, stage);
}

int AxisSets::Intern(const std::string& name, int64_t of,
                     const std::function<std::vector<int64_t>()>& select) {
  const auto [at, added] =
      by_name_.try_emplace(name, static_cast<int>(sets_.size()));
  if (added) sets_.push_back({name, of, select()});
  return at->second;
}

std::vector<double> AxisSets::OwnScores(const TensorPair& pair,
                                        size_t axis) const {
  if (!IsDataDependent(options_.method)) return {};
  return importance_.slice_scores(pair.teacher->spec.name, axis, 1);
}

std::vector<double> AxisSets::SharedScores(const std::string& name,
                                           int64_t of) const {
  if (!IsDataDependent(options_.method)) return {};
  const int power = options_.method == Method::kL2Shared ? 2 : 1;
  std::vector<double> sum(static_cast<size_t>(of));
  for (const TensorPair& pair : pairs_) {
    if (pair.teacher == nullptr) continue;
    for (size_t axis = 0; axis < pair.teacher->axes.size(); ++axis) {
      const bool shared = axis < pair.student->axes.size() &&
                          IsSelectable(pair.student->axes[axis].role) &&
                          NameOf(pair, axis) == name &&
                          SizeOfGroup(*pair.teacher, axis) == of;
      if (!shared) continue;
      const auto scores = FoldScores(
          importance_.slice_scores(pair.teacher->spec.name, axis, power),
          pair.teacher->axes[axis].groups);
      std::transform(sum.begin(), sum.end(), scores.begin(), sum.begin(),
                     std::plus<>());
    }
  }
  return sum;
}

}  // namespace wsel::select
