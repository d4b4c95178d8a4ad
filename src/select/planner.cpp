#include "planner.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>

#include "index_sets.h"
#include "skip.h"

namespace wsel::select {
namespace {

void CheckHeadsRule(const Options& options) {
  const SelectionRule& rule = options.Rule();
  if (options.heads == Heads::kFlat || rule.KeepsConsistency()) return;
  throw Error(ErrorKind::kUsage, "heads",
              fmt::format("method {} selects for each tensor separately and "
                          "does not keep heads; leave it out",
                          rule.name));
}

// `tensor` is one that has this dimension.
void CheckDimension(const MappedDimension& d, const std::string& tensor) {
  if (d.to == d.from) return;
  if (d.role == DimensionRole::kFixed) {
    throw Error(ErrorKind::kMismatch, d.label,
                fmt::format("is fixed: nothing is selected along it, but the "
                            "teacher has {}, the student {} ({})",
                            d.from, d.to, tensor));
  }
  if (d.to > d.from) {
    throw Error(ErrorKind::kMismatch, d.label,
                fmt::format("the student has {}, the teacher only {} ({}); a "
                            "student must not be larger than its teacher",
                            d.to, d.from, tensor));
  }
  if (d.to < 1) {
    throw Error(ErrorKind::kMismatch, d.label,
                fmt::format("is 0 in the student ({})", tensor));
  }
}

// Checks a tensor that is not skipped.
void CheckTensor(const MappedTensor& tensor, const ComponentMapping& mapping,
                 const SelectionRule& rule) {
  if (const auto* error = std::get_if<Error>(&tensor.source)) throw *error;
  const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
  if (teacher == nullptr) return;
  if (tensor.axes.size() != teacher->shape.size()) {
    throw Error(ErrorKind::kMismatch, tensor.student.name,
                fmt::format("is {} in the student and {} in the teacher",
                            FormatShape(tensor.student.shape),
                            FormatShape(teacher->shape)));
  }
  if (!IsFloating(teacher->dtype)) {
    throw Error(ErrorKind::kMismatch, teacher->name,
                fmt::format("holds {}; expected a floating-point type",
                            Name(teacher->dtype)));
  }
  for (const MappedAxis& axis : tensor.axes) {
    if (!axis.dimension) continue;
    CheckDimension(mapping.dimensions[*axis.dimension], tensor.student.name);
  }
  if (rule.scope == Scope::kElements &&
      (tensor.pos_embed || tensor.patch_embed)) {
    throw Error(
        ErrorKind::kMismatch, tensor.student.name,
        fmt::format("has another grid or kernel size than the teacher's, which "
                    "method {} does not support; skip this tensor",
                    rule.name));
  }
}

// Gives skipped tensors their source, checks all others, and returns the notes
// of these.
std::vector<std::string> SkipAndCheck(const Options& options,
                                      ComponentMapping& mapping) {
  const Skip skip(options.skip, mapping.tensors);
  std::vector<std::string> notes;
  for (MappedTensor& tensor : mapping.tensors) {
    if (const std::string* item = skip.Match(tensor)) {
      tensor.source = Reinitialised{"skipped: " + *item, tensor.init};
      continue;
    }
    CheckTensor(tensor, mapping, options.Rule());
    if (!tensor.note.empty()) notes.push_back(tensor.note);
  }
  return notes;
}

std::variant<Selected, TopMagnitude, Reinitialised> SourceOf(
    const MappedTensor& tensor, const Options& options,
    const ImportanceScores& importance, IndexSets& sets) {
  if (const auto* r = std::get_if<Reinitialised>(&tensor.source)) return *r;
  const auto& teacher = std::get<TensorSpec>(tensor.source);
  const int64_t count = *Numel(tensor.student.shape);
  if (options.Rule().scope == Scope::kElements &&
      count != *Numel(teacher.shape)) {
    return TopMagnitude{teacher.name, teacher.shape,
                        importance.magnitude_digest
                            ? importance.magnitude_digest(teacher.name, count)
                            : ""};
  }
  Selected selected{
      teacher.name, teacher.shape, {}, tensor.pos_embed, tensor.patch_embed};
  for (size_t axis = 0; axis < teacher.shape.size(); ++axis) {
    selected.axes.push_back(sets.Pick(tensor, axis));
  }
  return selected;
}

std::vector<Unused> UnusedOf(const ComponentMapping& mapping) {
  std::set<std::string_view> used;
  for (const MappedTensor& tensor : mapping.tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher != nullptr) used.insert(teacher->name);
  }
  std::vector<Unused> unused;
  for (const Unused& tensor : mapping.unused) {
    if (!used.contains(tensor.teacher)) unused.push_back(tensor);
  }
  return unused;
}

}  // namespace

Plan PlanMapping(ComponentMapping mapping, const Options& options,
                 const ImportanceScores& importance) {
  CheckHeadsRule(options);
  Plan plan;
  plan.notes = SkipAndCheck(options, mapping);
  plan.teacher = mapping.teacher;
  plan.student = mapping.student;
  plan.options = options;
  plan.layers = mapping.layers;
  IndexSets sets(mapping, options, importance);
  for (const MappedTensor& tensor : mapping.tensors) {
    plan.entries.push_back(
        {tensor.student, SourceOf(tensor, options, importance, sets)});
  }
  plan.sets = std::move(sets).Take();
  plan.unused = UnusedOf(mapping);
  plan.notes.insert(plan.notes.end(), mapping.notes.begin(),
                    mapping.notes.end());
  if (!options.Rule().KeepsConsistency()) {
    plan.notes.push_back(fmt::format(
        "method {} breaks consistency on purpose: indices are selected "
        "separately for each tensor and dimension{}",
        options.Rule().name,
        IsGeneric(plan) ? "" : ", and a fused qkv is one dimension"));
  }
  return plan;
}

}  // namespace wsel::select
