#include "wsel/select/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "wsel/core/error.h"
#include "wsel/model/init_rule.h"
#include "wsel/select/axis_sets.h"
#include "wsel/select/layer_map.h"
#include "wsel/select/pairing.h"
#include "wsel/select/positions.h"

namespace wsel::select {
namespace {

using model::ModelTensor;
using model::Role;
using model::VitConfig;

void CheckFamily(const model::Config& teacher, const model::Config& student) {
  if (teacher.index() == student.index()) return;
  throw Error(ErrorKind::kMismatch, NameOf(student),
              fmt::format("the student is a {}, the teacher a {}; weights are "
                          "selected within one family",
                          Family(student), Family(teacher)));
}

void CheckOptions(const model::Config& student, const Options& options) {
  Options official;
  official.official = true;
  official.seed = options.seed;
  if (options.official && options != official) {
    throw Error(ErrorKind::kUsage, "--compat official",
                "is one fixed rule; leave out --method, --layers, --heads, "
                "--head, --skip and --patch-resize");
  }
  if (options.heads == Heads::kFlat) return;
  if (!std::holds_alternative<VitConfig>(student)) {
    throw Error(ErrorKind::kUsage, "--heads",
                "a ConvNeXt has no attention heads; leave it out");
  }
  if (!KeepsConsistency(options.method)) {
    throw Error(ErrorKind::kUsage, "--heads",
                fmt::format("--method {} chooses for each tensor alone and "
                            "keeps no heads; leave it out",
                            Methods().NameOf(options.method)));
  }
}

// That the file holds the tensors which the plan will read, as the teacher's
// architecture has them.
void CheckFile(const std::vector<Pair>& pairs,
               const std::vector<TensorSpec>& file) {
  std::map<std::string_view, const TensorSpec*> by_name;
  for (const TensorSpec& spec : file) by_name[spec.name] = &spec;
  for (const Pair& pair : pairs) {
    if (pair.teacher == nullptr) continue;
    const TensorSpec& expected = pair.teacher->spec;
    const auto at = by_name.find(expected.name);
    if (at == by_name.end()) {
      throw Error(ErrorKind::kMismatch, expected.name,
                  "the teacher's file has no such tensor; is it whole?");
    }
    if (at->second->shape != expected.shape) {
      throw Error(
          ErrorKind::kMismatch, expected.name,
          fmt::format("is {} in the teacher's file; its model has {} here: "
                      "--teacher-model must say what the teacher is",
                      FormatShape(at->second->shape),
                      FormatShape(expected.shape)));
    }
    if (!IsFloating(at->second->dtype)) {
      throw Error(ErrorKind::kMismatch, expected.name,
                  fmt::format("holds {}; weights are floating point numbers",
                              Name(at->second->dtype)));
    }
  }
}

class Planner {
 public:
  Planner(const Sides& sides, const Options& options, const Evidence& evidence,
          Plan& plan)
      : sides_(sides), options_(options), evidence_(evidence), plan_(plan) {}

  void Run(const std::vector<TensorSpec>& file) {
    const auto pairs = PairTensors(sides_, options_, plan_.notes);
    CheckFile(pairs, file);
    AxisSets sets(sides_, options_, pairs, evidence_);
    sets.Check(plan_.notes);
    PlanResampling();
    for (const Pair& pair : pairs) {
      if (pair.teacher != nullptr && Resampled(*pair.student) &&
          options_.method == Method::kMagnitude) {
        throw Error(ErrorKind::kMismatch, pair.student->spec.name,
                    "has another grid or kernel than the teacher's, and "
                    "magnitude selection has no rule for that; leave it out "
                    "with --skip");
      }
    }
    for (const Pair& pair : pairs) {
      plan_.entries.push_back({pair.student->spec, SourceOf(pair, sets)});
    }
    plan_.sets = std::move(sets).Take();
    Account(pairs, file);
    AddNotes();
  }

 private:
  void PlanResampling() {
    const auto* teacher = std::get_if<VitConfig>(&sides_.teacher);
    if (options_.official) return;
    if (teacher != nullptr) {
      const auto& student = std::get<VitConfig>(sides_.student);
      positions_ = PlanPositions(*teacher, student, plan_.notes);
      PlanKernel(teacher->patch_size, student.patch_size);
    } else {
      PlanKernel(std::get<model::ConvNextConfig>(sides_.teacher).patch_size,
                 std::get<model::ConvNextConfig>(sides_.student).patch_size);
    }
  }

  void PlanKernel(int64_t from, int64_t to) {
    if (from != to) kernel_ = KernelResize{from, to, options_.patch_resize};
  }

  static bool HasAxis(const ModelTensor& tensor, Role role) {
    return std::any_of(tensor.axes.begin(), tensor.axes.end(),
                       [&](const auto& axis) { return axis.role == role; });
  }

  bool Resampled(const ModelTensor& student) const {
    return (positions_ && HasAxis(student, Role::kTokens)) ||
           (kernel_ && HasAxis(student, Role::kKernel));
  }

  std::variant<Selected, Ranked, Fresh> SourceOf(const Pair& pair,
                                                 AxisSets& sets) const {
    if (pair.teacher == nullptr) return pair.fresh;
    const TensorSpec& teacher = pair.teacher->spec;
    const int64_t count = *ElementCount(pair.student->spec.shape);
    if (options_.method == Method::kMagnitude &&
        count != *ElementCount(teacher.shape)) {
      return Ranked{teacher.name, teacher.shape,
                    evidence_.magnitude_digest(teacher.name, count)};
    }
    Selected selected{teacher.name, teacher.shape, {}, {}, {}};
    for (size_t axis = 0; axis < teacher.shape.size(); ++axis) {
      selected.axes.push_back(sets.Pick(pair, axis));
    }
    if (HasAxis(*pair.student, Role::kTokens)) selected.positions = positions_;
    if (HasAxis(*pair.student, Role::kKernel)) selected.kernel = kernel_;
    return selected;
  }

  // Says of every tensor of the file that is not used why.
  void Account(const std::vector<Pair>& pairs,
               const std::vector<TensorSpec>& file) {
    std::set<std::string_view> used;
    for (const Pair& pair : pairs) {
      if (pair.teacher != nullptr) used.insert(pair.teacher->spec.name);
    }
    std::map<std::string_view, const ModelTensor*> known;
    for (const ModelTensor& t : sides_.teacher_tensors) known[t.spec.name] = &t;
    for (const TensorSpec& spec : file) {
      if (used.contains(spec.name)) continue;
      const auto at = known.find(spec.name);
      plan_.unused.push_back(
          {spec.name, at == known.end() ? fmt::format("is no tensor of a {}",
                                                      Family(sides_.teacher))
                                        : ReasonUnused(*at->second)});
    }
  }

  std::string ReasonUnused(const ModelTensor& teacher) const {
    if (teacher.block >= 0) {
      const auto& taken = sides_.layers[teacher.stage];
      if (std::find(taken.begin(), taken.end(), teacher.block) == taken.end()) {
        return "no block of the student is taken from this one";
      }
    }
    for (const ModelTensor& student : sides_.student_tensors) {
      if (student.key != teacher.key || student.stage != teacher.stage) {
        continue;
      }
      if (options_.official) return "the official rule takes no 'head'";
      return teacher.component == model::Component::kHead &&
                     options_.head == Head::kFresh
                 ? "the student's head is new"
                 : "skipped";
    }
    return "the student has no such tensor";
  }

  void AddNotes() {
    if (!KeepsConsistency(options_.method)) {
      plan_.notes.push_back(fmt::format(
          "--method {} breaks consistency on purpose: each tensor and "
          "dimension is chosen alone, a fused qkv as one",
          Methods().NameOf(options_.method)));
    }
    const auto* teacher = std::get_if<VitConfig>(&sides_.teacher);
    if (teacher == nullptr) return;
    const auto& student = std::get<VitConfig>(sides_.student);
    const auto differs = [&](bool here, bool there, std::string_view what) {
      if (here && !there) {
        plan_.notes.push_back(fmt::format(
            "the teacher has {}, the student has not: its activations will "
            "differ more than selection alone makes them",
            what));
      }
    };
    differs(teacher->pre_norm, student.pre_norm, "a norm before the blocks");
    differs(teacher->layer_scale != 0, student.layer_scale != 0, "layer scale");
    differs(teacher->activation == model::Activation::kQuickGelu,
            student.activation == model::Activation::kQuickGelu, "QuickGELU");
  }

  const Sides& sides_;
  const Options& options_;
  const Evidence& evidence_;
  Plan& plan_;
  std::optional<Positions> positions_;
  std::optional<KernelResize> kernel_;
};

}  // namespace

Plan PlanSelection(const model::Config& teacher,
                   const std::vector<TensorSpec>& teacher_tensors,
                   const model::Config& student, const Options& options,
                   const Evidence& evidence) {
  CheckFamily(teacher, student);
  CheckOptions(student, options);
  const Sides sides{
      teacher, student, Layout(teacher), Layout(student),
      MapLayers(StageDepths(teacher), StageDepths(student), options.layers)};
  Plan plan;
  plan.teacher = teacher;
  plan.student = student;
  plan.options = options;
  plan.layers = sides.layers;
  Planner(sides, options, evidence, plan).Run(teacher_tensors);
  return plan;
}

Plan PlanRandom(const model::Config& student, model::Initializer initializer,
                uint64_t seed) {
  Plan plan;
  plan.student = student;
  plan.options.seed = seed;
  const std::string reason(model::Initializers().NameOf(initializer));
  for (const ModelTensor& tensor : Layout(student)) {
    plan.entries.push_back(
        {tensor.spec, Fresh{reason, InitFor(student, tensor, initializer)}});
  }
  return plan;
}

}  // namespace wsel::select
