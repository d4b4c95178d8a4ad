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

// What a part of attention's channels is called after.
std::string_view Suffix(HeadPart part) {
  constexpr std::string_view kSuffixes[] = {"", ".one_head", ".heads",
                                            ".pairs"};
  return kSuffixes[static_cast<size_t>(part)];
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

Indices ChannelsOfHead(HeadLayout layout, int64_t from, int64_t to) {
  if (layout == HeadLayout::kAny) return Uniform(from, to);
  if (layout == HeadLayout::kMixedPairs) {
    Indices channels;
    for (const int64_t pair : Uniform(from / 2, to / 2)) {
      channels.insert(channels.end(), {2 * pair, 2 * pair + 1});
    }
    return channels;
  }
  const Indices bands = Uniform(from / 4, to / 4);
  const bool halves = layout == HeadLayout::kHalves;
  Indices channels;
  for (int64_t half = 0; half < (halves ? 2 : 1); ++half) {
    for (int64_t of_axis = 0; of_axis < 2; ++of_axis) {
      for (const int64_t band : bands) {
        const int64_t frequency = of_axis * (from / 4) + band;
        if (halves) {
          channels.push_back(half * (from / 2) + frequency);
        } else {
          channels.insert(channels.end(), {2 * frequency, 2 * frequency + 1});
        }
      }
    }
  }
  return channels;
}

Indices KeepHeads(const SelectionRule& rule, const RandomStream& stream,
                  const MappedAxis& axis, const std::vector<double>& scores) {
  const HeadSplit& from = axis.from_heads;
  const HeadSplit& to = axis.to_heads;
  if (axis.part == HeadPart::kPairs) {
    return Uniform(from.head_dim / 2, to.head_dim / 2);
  }
  Indices inner = ChannelsOfHead(axis.layout, from.head_dim, to.head_dim);
  if (axis.part == HeadPart::kOneHead) return inner;
  std::vector<double> head_scores;
  for (auto at = scores.begin(); at != scores.end(); at += from.head_dim) {
    head_scores.push_back(std::accumulate(at, at + from.head_dim, 0.0));
  }
  Indices heads =
      SelectIndices(rule, stream, from.heads, to.heads, head_scores);
  if (axis.part == HeadPart::kHeads) return heads;
  Indices channels;
  for (const int64_t head : heads) {
    for (const int64_t d : inner) channels.push_back(head * from.head_dim + d);
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
      const MappedAxis& axis = tensor.axes[at];
      if (axis.part != HeadPart::kAll || !axis.fixed.empty()) continue;
      if (axis.parts.empty() || !options.Rule().KeepsConsistency()) {
        uses_[NameOf(tensor, at)].push_back(
            {teacher->name, at, GroupsOf(axis)});
        continue;
      }
      int64_t offset = 0;
      for (const MappedAxis& part : axis.parts) {
        const int64_t count = part.from * part.groups;
        uses_[NameOf(part, tensor, at)].push_back(
            {teacher->name, at, part.groups, offset, count});
        offset += count;
      }
    }
  }
}

AxisPick IndexSets::Pick(const MappedTensor& tensor, size_t at) {
  const MappedAxis& axis = tensor.axes[at];
  if (axis.name.empty() || axis.from == axis.to) return {};
  const std::string base = NameOf(tensor, at);
  const std::string name = base + std::string(Suffix(axis.part));
  const auto [set, added] =
      by_name_.try_emplace(name, static_cast<int>(sets_.size()));
  if (!added) return {set->second, GroupsOf(axis)};
  if (!axis.parts.empty() && options_.Rule().KeepsConsistency()) {
    sets_.push_back(SelectParts(name, tensor, at));
  } else if (axis.part == HeadPart::kHeads && !axis.keeps_heads) {
    sets_.push_back(SelectHeads(base, axis));
  } else {
    sets_.push_back(Select(base, axis));
  }
  sets_.back().name = name;
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
  return NameOf(tensor.axes[at], tensor, at);
}

std::string IndexSets::NameOf(const MappedAxis& axis,
                              const MappedTensor& tensor, size_t at) const {
  const SelectionRule& rule = options_.Rule();
  if (axis.role == DimensionRole::kLeading) return axis.name;
  if (!rule.KeepsConsistency()) {
    return fmt::format("{}[{}]", tensor.student.name, at);
  }
  return rule.IsDataDependent() && !axis.name_in_block.empty()
             ? axis.name_in_block
             : axis.name;
}

// The parts' indices one after the other, each as often as it has groups.
IndexSet IndexSets::SelectParts(const std::string& name,
                                const MappedTensor& tensor, size_t at) const {
  IndexSet all{name, 0, {}};
  for (const MappedAxis& part : tensor.axes[at].parts) {
    IndexSet set{name, part.from, Consecutive(part.from)};
    if (part.from != part.to) set = Select(NameOf(part, tensor, at), part);
    for (int group = 0; group < part.groups; ++group) {
      for (const int64_t i : set.indices) all.indices.push_back(all.of + i);
      all.of += part.from;
      all.undecided += set.undecided;
    }
  }
  // As a whole it is decided or not.
  if (all.undecided > 0) {
    all.undecided = tensor.axes[at].to;
    all.indices.clear();
  }
  return all;
}

IndexSet IndexSets::Select(const std::string& name,
                           const MappedAxis& axis) const {
  const SelectionRule& rule = options_.Rule();
  const int parts = axis.groups / GroupsOf(axis);
  const int64_t to = axis.to * parts;
  IndexSet set{name, axis.from * parts, {}};
  const bool follows =
      axis.part == HeadPart::kOneHead || axis.part == HeadPart::kPairs;
  if (axis.role == DimensionRole::kLeading) {
    set.indices = Consecutive(to);
  } else if (!axis.fixed.empty()) {
    set.indices = axis.fixed;
  } else if (axis.keeps_heads && follows) {
    set.indices = KeepHeads(rule, RandomStream(options_.seed, name), axis, {});
  } else if (rule.IsDataDependent() && !importance_.slice_scores) {
    set.undecided = to;
  } else {
    const HeadSplit& heads = axis.from_heads;
    const auto scores =
        Scores(name, axis.keeps_heads ? heads.heads * heads.head_dim : set.of);
    const RandomStream stream(options_.seed, "select " + name);
    if (axis.keeps_heads && parts == 1) {
      set.indices = KeepHeads(rule, stream, axis, scores);
      return set;
    }
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
  of_channels.part = HeadPart::kAll;
  const IndexSet selected = Select(channels, of_channels);
  IndexSet heads{channels, axis.from, {}};
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
  for (const auto& [tensor, axis, groups, offset, count] : uses_.at(name)) {
    auto slices = importance_.slice_scores(tensor, axis, rule.score);
    if (count > 0) {
      slices = {slices.begin() + offset, slices.begin() + offset + count};
    }
    const auto scores = FoldScores(slices, groups);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += scores[i];
  }
  if (rule.NeedsImages() &&
      std::ranges::all_of(sum, [](double s) { return s == 0; })) {
    throw Error(ErrorKind::kUsage, "skip",
                "leaves out every tensor by which method {} ranks '{}'; skip "
                "fewer, or use another method",
                rule.name, name);
  }
  return sum;
}

}  // namespace wsel::select
