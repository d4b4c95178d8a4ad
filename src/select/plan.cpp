#include "wsel/select/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "axis_sets.h"
#include "component_mapping.h"
#include "layer_map.h"
#include "pos_embed_resample.h"
#include "wsel/core/error.h"
#include "wsel/model/init_rule.h"

namespace wsel::select {
namespace {

using model::ParameterSpec;
using model::Role;

void CheckFamily(const model::Config& teacher, const model::Config& student) {
  if (teacher.index() == student.index()) return;
  throw Error(
      ErrorKind::kMismatch, NameOf(student),
      fmt::format("the student is a {}, the teacher a {}; weights can "
                  "only be selected within one architecture",
                  ArchitectureName(student), ArchitectureName(teacher)));
}

void CheckOptions(const model::Config& student, const Options& options) {
  Options official;
  official.official = true;
  official.seed = options.seed;
  if (options.official && options != official) {
    throw Error(ErrorKind::kUsage, "official",
                "the official rule is fixed; leave out method, layers, heads, "
                "head, skip and patch_resize");
  }
  if (options.heads == Heads::kFlat) return;
  if (NumHeads(student) == 0) {
    throw Error(ErrorKind::kUsage, "heads",
                fmt::format("a {} has no attention heads; leave it out",
                            ArchitectureName(student)));
  }
  if (!KeepsConsistency(options.method)) {
    throw Error(ErrorKind::kUsage, "heads",
                fmt::format("method {} selects for each tensor separately and "
                            "does not keep heads; leave it out",
                            Methods().NameOf(options.method)));
  }
}

// Checks that the file has the tensors that the plan will read, with the shapes
// of the teacher's architecture.
void CheckFile(const std::vector<TensorPair>& pairs,
               const std::vector<TensorSpec>& file) {
  std::map<std::string_view, const TensorSpec*> by_name;
  for (const TensorSpec& spec : file) by_name[spec.name] = &spec;
  for (const TensorPair& pair : pairs) {
    if (pair.teacher == nullptr) continue;
    const TensorSpec& expected = pair.teacher->spec;
    const auto at = by_name.find(expected.name);
    if (at == by_name.end()) {
      throw Error(ErrorKind::kMismatch, expected.name,
                  "missing from the teacher's file; is the file complete?");
    }
    if (at->second->shape != expected.shape) {
      throw Error(
          ErrorKind::kMismatch, expected.name,
          fmt::format("is {} in the teacher's file, but {} in the teacher's "
                      "model; correct the teacher's model",
                      FormatShape(at->second->shape),
                      FormatShape(expected.shape)));
    }
    if (!IsFloating(at->second->dtype)) {
      throw Error(ErrorKind::kMismatch, expected.name,
                  fmt::format("holds {}; expected a floating-point type",
                              Name(at->second->dtype)));
    }
  }
}

class Planner {
 public:
  Planner(const ModelPair& models, const Options& options,
          const ImportanceScores& importance, Plan& plan)
      : models_(models),
        options_(options),
        importance_(importance),
        plan_(plan) {}

  void Run(const std::vector<TensorSpec>& file) {
    const auto pairs = MapComponents(models_, options_, plan_.notes);
    CheckFile(pairs, file);
    AxisSets sets(models_, options_, pairs, importance_);
    sets.Check(plan_.notes);
    PlanResampling();
    for (const TensorPair& pair : pairs) {
      if (pair.teacher != nullptr && IsResampled(*pair.student) &&
          options_.method == Method::kMagnitude) {
        throw Error(ErrorKind::kMismatch, pair.student->spec.name,
                    "has another grid or kernel size than the teacher's, which "
                    "method magnitude does not support; skip this tensor");
      }
    }
    for (const TensorPair& pair : pairs) {
      plan_.entries.push_back({pair.student->spec, SourceOf(pair, sets)});
    }
    plan_.sets = std::move(sets).Take();
    AddUnused(pairs, file);
    AddNotes();
  }

 private:
  void PlanResampling() {
    if (options_.official) return;
    pos_embed_ =
        PlanPosEmbedResample(models_.teacher, models_.student, plan_.notes);
    PlanPatchEmbed(PatchSize(models_.teacher), PatchSize(models_.student));
  }

  void PlanPatchEmbed(int64_t from, int64_t to) {
    if (from == to) return;
    patch_embed_ = PatchEmbedResample{from, to, options_.patch_resize};
  }

  static bool HasAxis(const ParameterSpec& tensor, Role role) {
    return std::any_of(tensor.axes.begin(), tensor.axes.end(),
                       [&](const auto& axis) { return axis.role == role; });
  }

  bool IsResampled(const ParameterSpec& student) const {
    return (pos_embed_ && HasAxis(student, Role::kTokens)) ||
           (patch_embed_ && HasAxis(student, Role::kKernel));
  }

  std::variant<Selected, TopMagnitude, Reinitialised> SourceOf(
      const TensorPair& pair, AxisSets& sets) const {
    if (pair.teacher == nullptr) return pair.reinitialised;
    const TensorSpec& teacher = pair.teacher->spec;
    const int64_t count = *Numel(pair.student->spec.shape);
    if (options_.method == Method::kMagnitude &&
        count != *Numel(teacher.shape)) {
      return TopMagnitude{teacher.name, teacher.shape,
                          importance_.magnitude_digest(teacher.name, count)};
    }
    Selected selected{teacher.name, teacher.shape, {}, {}, {}};
    for (size_t axis = 0; axis < teacher.shape.size(); ++axis) {
      selected.axes.push_back(sets.Pick(pair, axis));
    }
    const ParameterSpec& student = *pair.student;
    if (HasAxis(student, Role::kTokens)) selected.pos_embed = pos_embed_;
    if (HasAxis(student, Role::kKernel)) selected.patch_embed = patch_embed_;
    return selected;
  }

  // Lists every tensor of the file that is not used, with the reason.
  void AddUnused(const std::vector<TensorPair>& pairs,
                 const std::vector<TensorSpec>& file) {
    std::set<std::string_view> used;
    for (const TensorPair& pair : pairs) {
      if (pair.teacher != nullptr) used.insert(pair.teacher->spec.name);
    }
    std::map<std::string_view, const ParameterSpec*> known;
    for (const ParameterSpec& tensor : models_.teacher_tensors) {
      known[tensor.spec.name] = &tensor;
    }
    for (const TensorSpec& spec : file) {
      if (used.contains(spec.name)) continue;
      const auto at = known.find(spec.name);
      plan_.unused.push_back(
          {spec.name, at == known.end()
                          ? fmt::format("not a tensor of a {}",
                                        ArchitectureName(models_.teacher))
                          : ReasonUnused(*at->second)});
    }
  }

  std::string ReasonUnused(const ParameterSpec& teacher) const {
    if (teacher.block >= 0) {
      const auto& taken = models_.layers[teacher.stage];
      if (std::find(taken.begin(), taken.end(), teacher.block) == taken.end()) {
        return "no block of the student is taken from this one";
      }
    }
    for (const ParameterSpec& student : models_.student_tensors) {
      if (student.key != teacher.key || student.stage != teacher.stage) {
        continue;
      }
      if (options_.official) return "the official rule skips 'head'";
      return teacher.component == model::Component::kHead &&
                     options_.head == Head::kReset
                 ? "the student's head is re-initialised"
                 : "skipped";
    }
    return "the student has no such tensor";
  }

  void AddNotes() {
    if (!KeepsConsistency(options_.method)) {
      plan_.notes.push_back(fmt::format(
          "method {} breaks consistency on purpose: indices are selected "
          "separately for each tensor and dimension, and a fused qkv is one "
          "dimension",
          Methods().NameOf(options_.method)));
    }
    const auto student = ForwardExtras(models_.student);
    for (const std::string_view extra : ForwardExtras(models_.teacher)) {
      if (std::ranges::find(student, extra) != student.end()) continue;
      plan_.notes.push_back(fmt::format(
          "the teacher has {}, the student does not: its activations will "
          "differ from the teacher's by more than selection causes",
          extra));
    }
  }

  const ModelPair& models_;
  const Options& options_;
  const ImportanceScores& importance_;
  Plan& plan_;
  std::optional<PosEmbedResample> pos_embed_;
  std::optional<PatchEmbedResample> patch_embed_;
};

}  // namespace

Plan PlanSelection(const model::Config& teacher,
                   const std::vector<TensorSpec>& teacher_tensors,
                   const model::Config& student, const Options& options,
                   const ImportanceScores& importance) {
  CheckFamily(teacher, student);
  CheckOptions(student, options);
  const ModelPair models{
      teacher, student, ParameterSpecs(teacher), ParameterSpecs(student),
      MapLayers(StageDepths(teacher), StageDepths(student), options.layers)};
  Plan plan;
  plan.teacher = teacher;
  plan.student = student;
  plan.options = options;
  plan.layers = models.layers;
  Planner(models, options, importance, plan).Run(teacher_tensors);
  return plan;
}

Plan PlanRandom(const model::Config& student, model::Initializer initializer,
                uint64_t seed) {
  Plan plan;
  plan.student = student;
  plan.options.seed = seed;
  const std::string reason(model::Initializers().NameOf(initializer));
  for (const ParameterSpec& tensor : ParameterSpecs(student)) {
    plan.entries.push_back(
        {tensor.spec,
         Reinitialised{reason, InitFor(student, tensor, initializer)}});
  }
  return plan;
}

}  // namespace wsel::select
