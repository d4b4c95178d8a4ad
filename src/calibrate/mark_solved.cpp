#include "wsel/calibrate/mark_solved.h"

#include <variant>

#include "solved_layers.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::calibrate {
namespace {

bool IsHead(const model::ParameterSpec& p) {
  return p.component == model::Component::kHead;
}

void RequireNoSkip(const select::Plan& plan) {
  if (plan.options.skip.empty()) return;
  throw Error(ErrorKind::kUsage, "skip",
              "cannot be combined with method {}, which computes each layer "
              "from those before it; leave it out, or use method activation",
              plan.options.method->name);
}

// Tokens and layer scale that the teacher lacks are not its, in any basis.
std::string HowProjected(const select::Entry& entry,
                         const model::ParameterSpec& parameter,
                         const SolvedLayers& layers) {
  const auto* drawn = std::get_if<select::Reinitialised>(&entry.source);
  const bool lacks = parameter.component == model::Component::kTokens ||
                     parameter.component == model::Component::kLayerScale;
  return drawn != nullptr && lacks ? drawn->reason
                                   : layers.projection(parameter);
}

}  // namespace

void MarkSolved(select::Plan& plan) {
  RequireNoSkip(plan);
  const auto& student = std::get<model::Config>(plan.student);
  const auto parameters = ParameterSpecs(student);
  const SolvedLayers& layers = SolvedLayersOf(student);
  const bool projects =
      plan.options.method->solve == select::Solve::kProjection;
  const auto require =
      projects ? layers.require_projection : layers.require_regression;
  if (require != nullptr) require(plan);
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    auto& source = plan.entries[i].source;
    if (projects) {
      const bool drawn = std::holds_alternative<select::Reinitialised>(source);
      if (drawn && IsHead(parameters[i])) continue;
      source = select::Computed{
          HowProjected(plan.entries[i], parameters[i], layers)};
    } else if (auto* taken = std::get_if<select::Selected>(&source)) {
      taken->solved = layers.regression(parameters[i], student);
    }
  }
  if (projects) plan.sets.clear();
}

bool KeepsHeadsWhole(const model::Config& teacher) {
  const auto keeps = SolvedLayersOf(teacher).keeps_heads_whole;
  return keeps != nullptr && keeps(teacher);
}

}  // namespace wsel::calibrate
