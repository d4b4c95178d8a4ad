#include "wsel/select/plan.h"

#include <algorithm>

#include "wsel/model/init_rule.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::select {

bool IsDecided(const Plan& plan) {
  return std::all_of(plan.sets.begin(), plan.sets.end(),
                     [](const IndexSet& set) { return set.undecided == 0; }) &&
         std::all_of(
             plan.entries.begin(), plan.entries.end(), [](const Entry& entry) {
               const auto* top = std::get_if<TopMagnitude>(&entry.source);
               return top == nullptr || !top->digest.empty();
             });
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
