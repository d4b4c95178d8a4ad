#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "component_mapping.h"
#include "numbered_names.h"
#include "wsel/select/generic_plan.h"

namespace wsel::select {
namespace {

// The stacks of layers that both models have, and their layer selection.
struct LayerStacks {
  std::vector<NumberedStack> stacks;
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
};

LayerStacks MapStacks(const std::vector<TensorSpec>& teacher,
                      const std::vector<TensorSpec>& like,
                      const std::string& rule) {
  LayerStacks found{FindStacks(teacher, like), {}};
  std::vector<int64_t> from;
  std::vector<int64_t> to;
  for (const NumberedStack& stack : found.stacks) {
    from.push_back(stack.teacher_count);
    to.push_back(stack.student_count);
  }
  found.layers = MapLayers(from, to, rule);
  return found;
}

// The teacher's name for a tensor of the student: with the selected layer.
std::string Counterpart(const std::string& name, const LayerStacks& map) {
  for (size_t i = 0; i < map.stacks.size(); ++i) {
    const std::string& prefix = map.stacks[i].prefix;
    const int64_t block = NumberAfter(name, prefix);
    if (block < 0) continue;
    return prefix + std::to_string(map.layers[i][block]) +
           name.substr(name.find('.', prefix.size()));
  }
  return name;
}

// Tensors of weights by name; others are left out.
std::vector<MappedTensor> MapByName(const std::vector<TensorSpec>& teacher,
                                    const std::vector<TensorSpec>& like,
                                    const LayerStacks& map) {
  std::map<std::string_view, const TensorSpec*> by_name;
  for (const TensorSpec& spec : teacher) by_name[spec.name] = &spec;
  std::vector<MappedTensor> tensors;
  for (const TensorSpec& student : like) {
    if (!IsFloating(student.dtype)) continue;
    const auto found = by_name.find(Counterpart(student.name, map));
    MappedTensor tensor;
    tensor.student = {student.name, student.shape, DType::kF32};
    if (found == by_name.end()) {
      tensor.source = NoCounterpart(student.name);
    } else {
      tensor.source = *found->second;
    }
    tensor.init = InitByShape(tensor.student);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

// Why no tensor of the student is selected from this one, if none is.
Unused ReasonUnused(const TensorSpec& spec, const LayerStacks& map) {
  if (!IsFloating(spec.dtype)) {
    return {spec.name, fmt::format("holds {}, not weights", Name(spec.dtype))};
  }
  for (size_t i = 0; i < map.stacks.size(); ++i) {
    const int64_t block = NumberAfter(spec.name, map.stacks[i].prefix);
    if (block >= 0 && std::ranges::count(map.layers[i], block) == 0) {
      return {spec.name, std::string(kUnusedBlock)};
    }
  }
  return {spec.name, "the student has no such tensor"};
}

// Prefixes of all layers in the student's names, selected ones first.
std::vector<std::string> PrefixesOf(const std::vector<TensorSpec>& like,
                                    const LayerStacks& map) {
  std::vector<std::string> prefixes;
  for (const NumberedStack& stack : map.stacks) {
    prefixes.push_back(stack.prefix);
  }
  for (const std::string& prefix : RepeatedPrefixes(like)) {
    if (std::ranges::count(prefixes, prefix) == 0) prefixes.push_back(prefix);
  }
  return prefixes;
}

// The sizes of a dimension in the teacher and, smaller, in the student. Without
// roles, dimensions that shrink between the same two sizes are assumed to be
// the same one, and one of three times the sizes of another, its fused q, k, v.
using SizePair = std::pair<int64_t, int64_t>;
using SizePairs = std::set<SizePair>;

constexpr int kFused = 3;

std::string NameOf(const SizePair& sizes) {
  return fmt::format("{}->{}", sizes.first, sizes.second);
}

SizePair Third(const SizePair& sizes) {
  return {sizes.first / kFused, sizes.second / kFused};
}

// Whether both sizes are three times those of another dimension.
bool IsFused(const SizePair& sizes, const SizePairs& shrinking) {
  return sizes.first % kFused == 0 && sizes.second % kFused == 0 &&
         shrinking.contains(Third(sizes));
}

// The sizes of a tensor's dimensions, if both models have as many.
std::vector<SizePair> SizesOf(const MappedTensor& tensor) {
  const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
  const Shape& to = tensor.student.shape;
  if (teacher == nullptr || teacher->shape.size() != to.size()) return {};
  std::vector<SizePair> sizes;
  for (size_t at = 0; at < to.size(); ++at) {
    sizes.emplace_back(teacher->shape[at], to[at]);
  }
  return sizes;
}

// The sizes of all dimensions that shrink.
SizePairs ShrinkingSizes(const std::vector<MappedTensor>& tensors) {
  SizePairs shrinking;
  for (const MappedTensor& tensor : tensors) {
    for (const SizePair& sizes : SizesOf(tensor)) {
      if (sizes.first != sizes.second) shrinking.insert(sizes);
    }
  }
  return shrinking;
}

// The dimensions of a tensor's source; none if it has more or fewer of them.
std::vector<MappedAxis> AxesBySizes(const MappedTensor& tensor,
                                    const SizePairs& shrinking) {
  std::vector<MappedAxis> axes;
  for (SizePair sizes : SizesOf(tensor)) {
    MappedAxis axis;
    if (sizes.first != sizes.second) {
      for (; IsFused(sizes, shrinking); sizes = Third(sizes)) {
        axis.groups *= kFused;
      }
      axis.name = axis.label = NameOf(sizes);
      axis.role = DimensionRole::kWidth;
      axis.from = sizes.first;
      axis.to = sizes.second;
    }
    axes.push_back(std::move(axis));
  }
  return axes;
}

GenericModel ModelOf(const std::string& name,
                     int64_t NumberedStack::*const count,
                     const LayerStacks& map,
                     const std::vector<std::string>& prefixes) {
  GenericModel model{name, {}, prefixes};
  for (const NumberedStack& stack : map.stacks) {
    model.sizes.emplace_back(stack.prefix + "*", stack.*count);
  }
  return model;
}

// What is left out and what was assumed, a sentence each.
std::vector<std::string> NotesOf(const std::vector<TensorSpec>& like,
                                 const SizePairs& shrinking) {
  std::vector<std::string> notes;
  for (const TensorSpec& student : like) {
    if (IsFloating(student.dtype)) continue;
    notes.push_back(fmt::format("{} is left out: it holds {}, not weights",
                                student.name, Name(student.dtype)));
  }
  std::vector<std::string> names;
  std::vector<std::string> fused;
  for (const SizePair& sizes : shrinking) {
    if (IsFused(sizes, shrinking)) {
      fused.push_back(
          fmt::format("assumed: {} is three times {} (a fused q, k, v) and is "
                      "indexed in three equal parts",
                      NameOf(sizes), NameOf(Third(sizes))));
    } else {
      names.push_back(NameOf(sizes));
    }
  }
  if (names.empty()) return notes;
  notes.push_back(fmt::format(
      "assumed, because roles are unknown: dimensions that shrink between the "
      "same two sizes are the same one and get the same indices ({})",
      fmt::join(names, ", ")));
  std::ranges::copy(fused, std::back_inserter(notes));
  return notes;
}

}  // namespace

Plan PlanLike(const std::vector<TensorSpec>& teacher,
              const std::string& teacher_name,
              const std::vector<TensorSpec>& like, const std::string& like_name,
              const Options& options, const ImportanceScores& importance) {
  if (options.heads != Heads::kFlat) {
    throw Error(ErrorKind::kUsage, "heads",
                "{} needs to know which dimensions are attention heads; use a "
                "family file instead of a checkpoint of the student's shapes",
                HeadRules().NameOf(options.heads));
  }
  const LayerStacks map = MapStacks(teacher, like, options.layers);
  const auto prefixes = PrefixesOf(like, map);
  ComponentMapping mapping;
  mapping.teacher =
      ModelOf(teacher_name, &NumberedStack::teacher_count, map, prefixes);
  mapping.student =
      ModelOf(like_name, &NumberedStack::student_count, map, prefixes);
  mapping.layers = map.layers;
  mapping.tensors = MapByName(teacher, like, map);
  const SizePairs shrinking = ShrinkingSizes(mapping.tensors);
  for (MappedTensor& tensor : mapping.tensors) {
    tensor.axes = AxesBySizes(tensor, shrinking);
  }
  std::vector<Unused> unused;
  for (const TensorSpec& spec : teacher) {
    unused.push_back(ReasonUnused(spec, map));
  }
  mapping.unused = ReasonsUnused(std::move(unused), mapping.tensors);
  mapping.notes = NotesOf(like, shrinking);
  return PlanMapping(std::move(mapping), options, importance);
}

}  // namespace wsel::select
