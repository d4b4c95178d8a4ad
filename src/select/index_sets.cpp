#include "index_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "consecutive.h"

namespace wsel::select {
namespace {

RandomStream StreamOf(const Options& options, const std::string& name) {
  return {options.seed, "select " + name};
}

}  // namespace

AxisPick IndexSets::Pick(const MappedTensor& tensor, size_t axis) {
  const auto& [at, groups] = tensor.axes[axis];
  if (!at) return {};
  const MappedDimension& dimension = mapping_.dimensions[*at];
  if (dimension.from == dimension.to) return {};
  if (dimension.role == DimensionRole::kLeading) {
    const int set = Intern(dimension.name, dimension.from, dimension.to,
                           [&] { return Consecutive(dimension.to); });
    return {set, groups};
  }
  const std::string name = NameOf(tensor, axis);
  return options_.Rule().KeepsConsistency()
             ? PickShared(name, dimension, groups)
             : PickOwn(name, tensor, axis);
}

AxisPick IndexSets::PickShared(const std::string& name,
                               const MappedDimension& d, int groups) {
  const SelectionRule& rule = options_.Rule();
  const auto select = [&] {
    const auto scores = SharedScores(name, d.from);
    const RandomStream stream = StreamOf(options_, name);
    return d.role == DimensionRole::kAttention
               ? SelectChannels(rule, options_.heads, stream, d.from_heads,
                                d.to_heads, scores)
               : SelectIndices(rule, stream, d.from, d.to, scores);
  };
  return {Intern(name, d.from, d.to, select), groups};
}

AxisPick IndexSets::PickOwn(const std::string& name, const MappedTensor& tensor,
                            size_t axis) {
  const SelectionRule& rule = options_.Rule();
  const auto& teacher = std::get<TensorSpec>(tensor.source);
  const int64_t from = teacher.shape[axis];
  const int64_t to = tensor.student.shape[axis];
  const auto select = [&] {
    std::vector<double> scores;
    if (rule.IsDataDependent()) {
      scores = importance_.slice_scores(teacher.name, axis, rule.score);
    }
    return SelectIndices(rule, StreamOf(options_, name), from, to, scores);
  };
  return {Intern(name, from, to, select), 1};
}

// Dimensions with the same name share one index set.
std::string IndexSets::NameOf(const MappedTensor& tensor, size_t axis) const {
  const SelectionRule& rule = options_.Rule();
  if (!rule.KeepsConsistency()) {
    return fmt::format("{}[{}]", tensor.student.name, axis);
  }
  const MappedDimension& d = mapping_.dimensions[*tensor.axes[axis].dimension];
  // Hidden channels of different blocks are unrelated: data-dependent rules
  // select them per block.
  const bool own = d.role != DimensionRole::kWidth && rule.IsDataDependent() &&
                   !tensor.block.empty();
  return own ? fmt::format("{}.{}", tensor.block, d.in_block) : d.name;
}

bool IndexSets::Undecided() const {
  return options_.Rule().IsDataDependent() && !importance_.slice_scores;
}

int IndexSets::Intern(const std::string& name, int64_t from, int64_t to,
                      const std::function<Indices()>& select) {
  const auto [at, added] =
      by_name_.try_emplace(name, static_cast<int>(sets_.size()));
  if (!added) return at->second;
  if (Undecided()) {
    sets_.push_back({name, from, {}, to});
  } else {
    sets_.push_back({name, from, select()});
  }
  return at->second;
}

// Summed over all tensors that have the dimension; those of the teacher that
// nothing is selected from do not count.
std::vector<double> IndexSets::SharedScores(const std::string& name,
                                            int64_t from) const {
  const SelectionRule& rule = options_.Rule();
  if (!rule.IsDataDependent()) return {};
  std::vector<double> sum(static_cast<size_t>(from));
  for (const MappedTensor& tensor : mapping_.tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher == nullptr) continue;
    for (size_t axis = 0; axis < tensor.axes.size(); ++axis) {
      if (!tensor.axes[axis].dimension || NameOf(tensor, axis) != name) {
        continue;
      }
      const auto scores =
          FoldScores(importance_.slice_scores(teacher->name, axis, rule.score),
                     tensor.axes[axis].groups);
      std::transform(sum.begin(), sum.end(), scores.begin(), sum.begin(),
                     std::plus<>());
    }
  }
  return sum;
}

}  // namespace wsel::select
