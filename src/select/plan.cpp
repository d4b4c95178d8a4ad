#include "wsel/select/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "config_mapping.h"
#include "planner.h"
#include "wsel/model/init_rule.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::select {
namespace {

using model::VitConfig;

// What of the teacher's forward pass the student does not have.
std::vector<std::string> ForwardNotes(const VitConfig& teacher,
                                      const VitConfig& student) {
  std::vector<std::string> notes;
  const auto note_if = [&](bool teacher_has, bool student_has,
                           std::string_view what) {
    if (!teacher_has || student_has) return;
    notes.push_back(fmt::format(
        "the teacher has {}, the student does not: its activations will "
        "differ from the teacher's by more than selection causes",
        what));
  };
  note_if(teacher.pre_norm, student.pre_norm, "a norm before the blocks");
  note_if(teacher.layer_scale != 0, student.layer_scale != 0, "layer scale");
  note_if(teacher.activation == model::Activation::kQuickGelu,
          student.activation == model::Activation::kQuickGelu, "QuickGELU");
  return notes;
}

}  // namespace

bool IsDecided(const Plan& plan) {
  return std::all_of(plan.sets.begin(), plan.sets.end(),
                     [](const IndexSet& set) { return set.undecided == 0; }) &&
         std::all_of(
             plan.entries.begin(), plan.entries.end(), [](const Entry& entry) {
               const auto* top = std::get_if<TopMagnitude>(&entry.source);
               return top == nullptr || !top->digest.empty();
             });
}

Plan PlanSelection(const model::Config& teacher,
                   const std::vector<TensorSpec>& teacher_tensors,
                   const model::Config& student, const Options& options,
                   const ImportanceScores& importance) {
  Plan plan =
      PlanMapping(MapConfigs(teacher, teacher_tensors, student, options),
                  options, importance);
  if (const auto* vit = std::get_if<VitConfig>(&teacher)) {
    const auto notes = ForwardNotes(*vit, std::get<VitConfig>(student));
    plan.notes.insert(plan.notes.end(), notes.begin(), notes.end());
  }
  return plan;
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

}  // namespace wsel::select
