#include "element_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "rule_functions.h"

namespace wsel::select {
namespace {

// Sums `scores` over `groups` equal parts: [groups * n] -> [n].
std::vector<double> FoldScores(const std::vector<double>& scores, int groups) {
  std::vector<double> folded(scores.size() / groups);
  for (size_t i = 0; i < scores.size(); ++i) {
    folded[i % folded.size()] += scores[i];
  }
  return folded;
}

}  // namespace

Indices SelectIndices(const SelectionRule& rule, const RandomStream& stream,
                      int64_t from, int64_t to,
                      const std::vector<double>& scores) {
  return rule.IsDataDependent() ? Largest(scores, to)
                                : rule.select(from, to, stream);
}

Indices SelectChannels(const SelectionRule& rule, Heads heads,
                       const RandomStream& stream, const HeadSplit& from,
                       const HeadSplit& to, const std::vector<double>& scores) {
  const int64_t dim = from.head_dim;
  // Of each head.
  std::vector<std::vector<double>> channel_scores(from.heads);
  std::vector<double> head_scores;
  for (auto at = scores.begin(); at != scores.end(); at += dim) {
    channel_scores[head_scores.size()].assign(at, at + dim);
    head_scores.push_back(std::accumulate(at, at + dim, 0.0));
  }
  const bool whole = heads == Heads::kWhole;
  Indices channels;
  for (const int64_t head :
       whole ? SelectIndices(rule, stream, from.heads, to.heads, head_scores)
             : Consecutive(from.heads)) {
    // Scores differ between heads, so the selected channels may, too.
    for (const int64_t d : whole ? Consecutive(dim)
                                 : SelectIndices(rule, stream, dim, to.head_dim,
                                                 channel_scores[head])) {
      channels.push_back(head * dim + d);
    }
  }
  return channels;
}

Indices Largest(const std::vector<double>& scores, int64_t to) {
  Indices order = Consecutive(static_cast<int64_t>(scores.size()));
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](int64_t i) { return scores[i]; });
  order.resize(static_cast<size_t>(to));
  std::ranges::sort(order);
  return order;
}

IndexSets::IndexSets(const std::vector<MappedTensor>& tensors,
                     const Options& options, const ImportanceScores& importance)
    : options_(options), importance_(importance) {
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher == nullptr) continue;
    for (size_t at = 0; at < tensor.axes.size(); ++at) {
      // Heads are ranked by their channels.
      if (tensor.axes[at].per_head) continue;
      uses_[NameOf(tensor, at)].push_back(
          {teacher->name, at, GroupsOf(tensor.axes[at])});
    }
  }
}

AxisPick IndexSets::Pick(const MappedTensor& tensor, size_t at) {
  const MappedAxis& axis = tensor.axes[at];
  if (axis.name.empty() || axis.from == axis.to) return {};
  const std::string channels = NameOf(tensor, at);
  const std::string name = axis.per_head ? channels + ".heads" : channels;
  const auto [set, added] =
      by_name_.try_emplace(name, static_cast<int>(sets_.size()));
  if (added) {
    sets_.push_back(axis.per_head ? SelectHeads(channels, axis)
                                  : Select(channels, axis));
  }
  return {set->second, GroupsOf(axis)};
}

// Rules that do not keep consistency select along a whole dimension.
int IndexSets::GroupsOf(const MappedAxis& axis) const {
  const bool shared = options_.Rule().KeepsConsistency() ||
                      axis.role == DimensionRole::kLeading;
  return shared ? axis.groups : 1;
}

// Dimensions with the same name share one index set. Data-dependent rules rank
// the channels of each block separately if they are unrelated.
std::string IndexSets::NameOf(const MappedTensor& tensor, size_t at) const {
  const MappedAxis& axis = tensor.axes[at];
  const SelectionRule& rule = options_.Rule();
  if (axis.role == DimensionRole::kLeading) return axis.name;
  if (!rule.KeepsConsistency()) {
    return fmt::format("{}[{}]", tensor.student.name, at);
  }
  return rule.IsDataDependent() && !axis.name_in_block.empty()
             ? axis.name_in_block
             : axis.name;
}

IndexSet IndexSets::Select(const std::string& name,
                           const MappedAxis& axis) const {
  const SelectionRule& rule = options_.Rule();
  const int parts = axis.groups / GroupsOf(axis);
  const int64_t to = axis.to * parts;
  IndexSet set{name, axis.from * parts, {}};
  if (axis.role == DimensionRole::kLeading) {
    set.indices = Consecutive(to);
  } else if (rule.IsDataDependent() && !importance_.slice_scores) {
    set.undecided = to;
  } else {
    const auto scores = Scores(name, set.of);
    const RandomStream stream(options_.seed, "select " + name);
    const bool by_heads = axis.role == DimensionRole::kAttention &&
                          options_.heads != Heads::kFlat;
    set.indices = by_heads
                      ? SelectChannels(rule, options_.heads, stream,
                                       axis.from_heads, axis.to_heads, scores)
                      : SelectIndices(rule, stream, set.of, to, scores);
  }
  return set;
}

// The heads of the channels that heads=whole selects.
IndexSet IndexSets::SelectHeads(const std::string& channels,
                                const MappedAxis& axis) const {
  MappedAxis of_channels = axis;
  of_channels.from = axis.from_heads.heads * axis.from_heads.head_dim;
  of_channels.to = axis.to_heads.heads * axis.to_heads.head_dim;
  const IndexSet selected = Select(channels, of_channels);
  IndexSet heads{channels + ".heads", axis.from, {}};
  if (selected.undecided > 0) {
    heads.undecided = axis.to;
    return heads;
  }
  for (const int64_t channel : selected.indices) {
    const int64_t head = channel / axis.from_heads.head_dim;
    if (heads.indices.empty() || heads.indices.back() != head) {
      heads.indices.push_back(head);
    }
  }
  return heads;
}

// Summed over all tensors that have the dimension and are selected from.
std::vector<double> IndexSets::Scores(const std::string& name,
                                      int64_t of) const {
  const SelectionRule& rule = options_.Rule();
  if (!rule.IsDataDependent()) return {};
  std::vector<double> sum(static_cast<size_t>(of));
  for (const auto& [tensor, axis, groups] : uses_.at(name)) {
    const auto scores =
        FoldScores(importance_.slice_scores(tensor, axis, rule.score), groups);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += scores[i];
  }
  return sum;
}

}  // namespace wsel::select
