#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "component_mapping.h"
#include "family_match.h"
#include "wsel/select/generic_plan.h"

namespace wsel::select {
namespace {

// A family's teacher and the sizes of its student.
struct FamilyPair {
  const FamilyTable& family;
  const FamilyMatch& teacher;
  const Sizes& student;
  Heads heads;

  // Whether any tensor of this teacher has the dimension, or layers it counts.
  bool Has(const Dimension& d) const { return teacher.sizes.contains(d.name); }
};

GenericModel ModelOf(const FamilyTable& family, const Sizes& sizes) {
  GenericModel model{family.name, {}, {}};
  for (const std::string& name : SizeNames(family)) {
    const auto size = sizes.find(name);
    if (size != sizes.end()) model.sizes.emplace_back(name, size->second);
  }
  std::set<std::string> seen;
  for (const FamilyTensor& tensor : family.tensors) {
    if (!tensor.name.layers) continue;
    // In names of tensors and of index sets: "encoder.layer.", "layers.".
    for (const std::string& stack :
         {tensor.name.before,
          family.dimensions[*tensor.name.layers].name + "."}) {
      if (seen.insert(stack).second) model.stacks.push_back(stack);
    }
  }
  return model;
}

// One head if the rule does not need heads.
HeadSplit HeadsIn(const Dimension& d, const Sizes& sizes, Heads rule) {
  const bool needed =
      d.role == DimensionRole::kAttention && rule != Heads::kFlat;
  const int64_t heads = needed ? sizes.at(HeadsOf(d)) : 1;
  return {heads, sizes.at(d.name) / heads};
}

MappedAxis AxisOf(const FamilyPair& pair, const FamilyAxis& of,
                  const std::string& layer) {
  const Dimension& d = pair.family.dimensions[*of.dimension];
  MappedAxis axis;
  axis.name = axis.label = d.name;
  const bool of_layer =
      d.role == DimensionRole::kHidden || d.role == DimensionRole::kAttention;
  if (of_layer && !layer.empty()) axis.name_in_block = layer + "." + d.name;
  axis.role = d.role;
  axis.groups = static_cast<int>(of.factor);
  axis.from = pair.teacher.sizes.at(d.name);
  axis.to = pair.student.at(d.name);
  axis.from_heads = HeadsIn(d, pair.teacher.sizes, pair.heads);
  axis.to_heads = HeadsIn(d, pair.student, pair.heads);
  if (of.per_head) {
    axis.part = HeadPart::kHeads;
    axis.label = HeadsOf(d);
    axis.from = pair.teacher.sizes.at(HeadsOf(d));
    axis.to = pair.student.at(HeadsOf(d));
  }
  return axis;
}

// For every dimension that counts layers, by its index in the family, the
// teacher's layer that each of the student's is taken from.
using Layers = std::map<size_t, std::vector<int64_t>>;

Layers LayersOf(const FamilyPair& pair, const std::string& rule) {
  Layers layers;
  std::vector<int64_t> from;
  std::vector<int64_t> to;
  for (size_t i = 0; i < pair.family.dimensions.size(); ++i) {
    const Dimension& d = pair.family.dimensions[i];
    if (d.role != DimensionRole::kLayers || !pair.Has(d)) continue;
    layers[i] = {};
    from.push_back(pair.teacher.sizes.at(d.name));
    to.push_back(pair.student.at(d.name));
  }
  const auto selected = MapLayers(from, to, rule);
  auto next = selected.begin();
  for (auto& [counter, taken] : layers) taken = *next++;
  return layers;
}

// The student's tensor of template `place` in its layer `to`, or nothing if it
// is optional and the teacher lacks it.
std::optional<MappedTensor> TensorOf(const FamilyPair& pair, size_t place,
                                     int64_t from, int64_t to) {
  const auto found = pair.teacher.tensors.find({place, from});
  if (found == pair.teacher.tensors.end()) return std::nullopt;
  const FamilyTensor& tensor = pair.family.tensors[place];
  MappedTensor mapped;
  mapped.student.name = tensor.name.With(to);
  mapped.source = *found->second;
  const auto& dimensions = pair.family.dimensions;
  const std::string layer =
      tensor.name.layers
          ? fmt::format("{}.{}", dimensions[*tensor.name.layers].name, to)
          : "";
  for (const FamilyAxis& axis : tensor.axes) {
    mapped.axes.push_back(axis.dimension ? AxisOf(pair, axis, layer)
                                         : MappedAxis{});
    mapped.student.shape.push_back(
        axis.dimension ? axis.factor * mapped.axes.back().to : axis.factor);
  }
  mapped.init = InitByShape(mapped.student);
  return mapped;
}

// Tensors of one layer are adjacent, as in a state dict.
std::vector<MappedTensor> TensorsOf(const FamilyPair& pair,
                                    const Layers& layers) {
  static const std::vector<int64_t> kNoLayers = {0};
  std::vector<MappedTensor> mapped;
  const auto& tensors = pair.family.tensors;
  for (size_t begin = 0, end = 0; begin < tensors.size(); begin = end) {
    // The templates from `begin` to `end` are repeated by the same layers.
    const auto counter = tensors[begin].name.layers;
    end = begin + 1;
    while (end < tensors.size() && tensors[end].name.layers == counter) ++end;
    const auto selected = counter ? layers.find(*counter) : layers.end();
    // All are optional, and the teacher lacks them.
    if (counter && selected == layers.end()) continue;
    const auto& from = counter ? selected->second : kNoLayers;
    for (size_t to = 0; to < from.size(); ++to) {
      for (size_t place = begin; place < end; ++place) {
        auto tensor = TensorOf(pair, place, from[to], static_cast<int64_t>(to));
        if (tensor) mapped.push_back(std::move(*tensor));
      }
    }
  }
  return mapped;
}

std::vector<Unused> UnusedOf(const FamilyPair& pair) {
  std::vector<Unused> unused;
  for (const auto& [place, spec] : pair.teacher.tensors) {
    unused.push_back({spec->name, std::string(kUnusedBlock)});
  }
  for (const auto& [spec, place] : pair.teacher.ignored) {
    unused.push_back({spec->name, pair.family.ignored[place].reason});
  }
  return unused;
}

std::vector<std::string> NotesOf(const FamilyPair& pair) {
  std::vector<std::string> notes;
  if (pair.heads != Heads::kFlat) return notes;
  for (const Dimension& d : pair.family.dimensions) {
    if (d.role != DimensionRole::kAttention || !pair.Has(d)) continue;
    const int64_t from = pair.teacher.sizes.at(d.name);
    const int64_t to = pair.student.at(d.name);
    if (from == to) continue;
    notes.push_back(fmt::format(
        "'{}' is selected across heads ({} to {}): q, k, v and the output stay "
        "consistent, but a head of the student does not correspond to one head "
        "of the teacher; heads=whole or heads=within keeps heads",
        d.name, from, to));
  }
  return notes;
}

}  // namespace

Plan PlanByFamily(const FamilyTable& family,
                  const std::vector<TensorSpec>& teacher,
                  const Sizes& teacher_sizes, const Sizes& student_sizes,
                  const Options& options, const ImportanceScores& importance) {
  const FamilyMatch match = Match(family, teacher, teacher_sizes);
  const Sizes student =
      StudentSizes(family, match.sizes, student_sizes, options.heads);
  const FamilyPair pair{family, match, student, options.heads};
  const Layers layers = LayersOf(pair, options.layers);
  ComponentMapping mapping;
  mapping.teacher = ModelOf(family, match.sizes);
  mapping.student = ModelOf(family, student);
  for (const auto& [counter, selected] : layers) {
    mapping.layers.push_back(selected);
  }
  mapping.tensors = TensorsOf(pair, layers);
  mapping.unused = ReasonsUnused(UnusedOf(pair), mapping.tensors);
  mapping.notes = NotesOf(pair);
  return PlanMapping(std::move(mapping), options, importance);
}

}  // namespace wsel::select
