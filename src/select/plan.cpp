#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "component_mapping.h"
#include "element_selection.h"
#include "wsel/core/suggest.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::select {
namespace {

void CheckOptions(const Options& options, const PlanModel& student) {
  const SelectionRule& rule = options.Rule();
  if (options.official && std::holds_alternative<GenericModel>(student)) {
    throw Error(ErrorKind::kUsage, "official",
                "the official rule is only for ViT and ConvNeXt; leave it out");
  }
  if (options.heads == Heads::kFlat || rule.KeepsConsistency()) return;
  throw Error(ErrorKind::kUsage, "heads",
              "method {} selects for each tensor separately and does not keep "
              "heads; leave it out",
              rule.name);
}

// `tensor` is one that has this dimension.
void CheckAxis(const MappedAxis& axis, const std::string& tensor) {
  if (axis.name.empty() || axis.to == axis.from) return;
  if (axis.role == DimensionRole::kFixed) {
    throw Error(ErrorKind::kMismatch, axis.label,
                "is fixed: nothing is selected along it, but the teacher has "
                "{}, the student {} ({})",
                axis.from, axis.to, tensor);
  }
  if (axis.to > axis.from) {
    throw Error(ErrorKind::kMismatch, axis.label,
                "the student has {}, the teacher only {} ({}); a student must "
                "not be larger than its teacher",
                axis.to, axis.from, tensor);
  }
  if (axis.to >= 1) return;
  throw Error(ErrorKind::kMismatch, axis.label, "is 0 in the student ({})",
              tensor);
}

// Checks a tensor that is not skipped.
void CheckTensor(const MappedTensor& tensor, const SelectionRule& rule) {
  if (const auto* error = std::get_if<Error>(&tensor.source)) throw *error;
  const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
  if (teacher == nullptr) return;
  if (tensor.axes.size() != teacher->shape.size()) {
    throw Error(ErrorKind::kMismatch, tensor.student.name,
                "is {} in the student and {} in the teacher",
                FormatShape(tensor.student.shape), FormatShape(teacher->shape));
  }
  if (!IsFloating(teacher->dtype)) {
    throw Error(ErrorKind::kMismatch, teacher->name,
                "holds {}; expected a floating-point type",
                Name(teacher->dtype));
  }
  for (const MappedAxis& axis : tensor.axes) {
    CheckAxis(axis, tensor.student.name);
  }
  if (rule.scope == Scope::kElements &&
      (tensor.pos_embed || tensor.patch_embed || tensor.in_chans)) {
    throw Error(ErrorKind::kMismatch, tensor.student.name,
                "has another grid, kernel size or number of image channels "
                "than the teacher's, which method {} does not support; skip "
                "this tensor",
                rule.name);
  }
}

bool IsPattern(std::string_view item) {
  return item.find_first_of("*.") != std::string_view::npos;
}

bool Matches(const std::string& item, const MappedTensor& tensor) {
  return IsPattern(item)
             ? fnmatch(item.c_str(), tensor.student.name.c_str(), 0) == 0
             : !item.empty() && item == tensor.component;
}

std::string UnknownComponent(const std::string& item,
                             const std::vector<MappedTensor>& tensors) {
  std::vector<std::string> known;
  for (const MappedTensor& tensor : tensors) {
    const std::string& name = tensor.component;
    if (name.empty() || std::ranges::count(known, name) > 0) continue;
    known.push_back(name);
  }
  if (!known.empty()) return Unknown("component", item, known);
  return "'" + item + "': this model has no named components; use a pattern " +
         "('*" + item + "*')";
}

// For each of the student's tensors the item of Options::skip that matches it,
// or null: a component by name, or a shell pattern of tensor names. Errors:
// kUsage for a component that is unknown or not in this model, and for a
// pattern that matches no tensor.
std::vector<const std::string*> SkippedBy(
    const std::vector<std::string>& items,
    const std::vector<MappedTensor>& tensors) {
  std::vector<const std::string*> skipped(tensors.size());
  for (const std::string& item : items) {
    bool known = false;
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (!Matches(item, tensors[i])) continue;
      known = true;
      if (skipped[i] == nullptr) skipped[i] = &item;
    }
    if (known) continue;
    throw Error(ErrorKind::kUsage, "skip",
                IsPattern(item)
                    ? "'" + item + "' matches no tensor of the student"
                    : UnknownComponent(item, tensors));
  }
  return skipped;
}

// Gives skipped tensors their source, checks all others, and returns the notes
// of these.
std::vector<std::string> SkipAndCheck(const Options& options,
                                      std::vector<MappedTensor>& tensors) {
  const auto skipped = SkippedBy(options.skip, tensors);
  std::vector<std::string> notes;
  for (size_t i = 0; i < tensors.size(); ++i) {
    MappedTensor& tensor = tensors[i];
    if (skipped[i] != nullptr) {
      tensor.source = Reinitialised{"skipped: " + *skipped[i], tensor.init};
      continue;
    }
    CheckTensor(tensor, options.Rule());
    // Those of all blocks have one note.
    if (!tensor.note.empty() && std::ranges::count(notes, tensor.note) == 0) {
      notes.push_back(tensor.note);
    }
  }
  return notes;
}

decltype(Entry::source) SourceOf(const MappedTensor& tensor,
                                 const Options& options,
                                 const ImportanceScores& importance,
                                 IndexSets& sets) {
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
  selected.in_chans = tensor.in_chans;
  for (size_t axis = 0; axis < teacher.shape.size(); ++axis) {
    selected.axes.push_back(sets.Pick(tensor, axis));
  }
  return selected;
}

// Those that no tensor of the student has for a source.
std::vector<Unused> NotSources(std::vector<Unused> unused,
                               const std::vector<MappedTensor>& tensors) {
  std::set<std::string_view> sources;
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher != nullptr) sources.insert(teacher->name);
  }
  std::erase_if(unused, [&](const Unused& tensor) {
    return sources.contains(tensor.teacher);
  });
  return unused;
}

}  // namespace

bool IsDecided(const Plan& plan) {
  const auto decided = [](const Entry& entry) {
    const auto* top = std::get_if<TopMagnitude>(&entry.source);
    return top == nullptr || !top->digest.empty();
  };
  const auto whole = [](const IndexSet& set) { return set.undecided == 0; };
  if (IsSolved(plan) && !plan.calibration) return false;
  return std::ranges::all_of(plan.sets, whole) &&
         std::ranges::all_of(plan.entries, decided);
}

Plan PlanRandom(const model::Config& student, model::Initializer initializer,
                uint64_t seed) {
  Plan plan;
  plan.student = student;
  plan.options.seed = seed;
  const std::string reason(model::Initializers().NameOf(initializer));
  for (const model::ParameterSpec& tensor : ParameterSpecs(student)) {
    plan.entries.push_back(
        {tensor.spec,
         Reinitialised{reason, InitFor(student, tensor, initializer)}});
  }
  return plan;
}

Error NoCounterpart(const std::string& student) {
  return Error(ErrorKind::kMismatch, student,
               "the teacher has no such tensor; choose a student of the "
               "teacher's architecture, or skip '{}' to re-initialise it",
               student);
}

model::Init InitByShape(const TensorSpec& spec) {
  if (spec.name.ends_with("bias") || spec.name.ends_with("running_mean")) {
    return {};
  }
  if (spec.shape.size() <= 1) return {.value = 1};
  return {.kind = model::InitKind::kTruncNormal, .value = 0.02, .bound = 0.04};
}

std::vector<Unused> ReasonsUnused(std::vector<Unused> unused,
                                  const std::vector<MappedTensor>& tensors) {
  std::vector<Unused> reasons = NotSources(std::move(unused), tensors);
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher != nullptr) reasons.push_back({teacher->name, "skipped"});
  }
  return reasons;
}

Plan PlanMapping(ComponentMapping mapping, const Options& options,
                 const ImportanceScores& importance) {
  CheckOptions(options, mapping.student);
  Plan plan;
  plan.notes = SkipAndCheck(options, mapping.tensors);
  plan.teacher = mapping.teacher;
  plan.student = mapping.student;
  plan.options = options;
  plan.layers = mapping.layers;
  IndexSets sets(mapping.tensors, options, importance);
  for (const MappedTensor& tensor : mapping.tensors) {
    plan.entries.push_back(
        {tensor.student, SourceOf(tensor, options, importance, sets)});
  }
  plan.sets = std::move(sets).Take();
  plan.unused = NotSources(mapping.unused, mapping.tensors);
  std::ranges::copy(mapping.notes, std::back_inserter(plan.notes));
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
