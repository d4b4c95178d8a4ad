#include "wsel/cli/use_of_weights.h"

#include <fmt/format.h>

namespace wsel::cli {
namespace {

std::string_view NameOf(model::Activation activation) {
  return activation == model::Activation::kQuickGelu ? "QuickGELU" : "GELU";
}

double EpsOf(const model::Config& config) {
  return std::visit([](const auto& c) { return c.norm_eps; }, config);
}

}  // namespace

std::vector<std::string> OtherUses(const model::Config& theirs,
                                   const model::Config& ours) {
  std::vector<std::string> clauses;
  if (theirs.index() != ours.index()) return clauses;
  if (EpsOf(theirs) != EpsOf(ours)) {
    clauses.push_back(fmt::format("LayerNorm's eps {:g}, not {:g}",
                                  EpsOf(theirs), EpsOf(ours)));
  }
  const auto* vit = std::get_if<model::VitConfig>(&theirs);
  if (vit == nullptr) return clauses;
  const auto now = std::get<model::VitConfig>(ours).activation;
  if (vit->activation != now) {
    clauses.push_back(
        fmt::format("{}, not {}", NameOf(vit->activation), NameOf(now)));
  }
  return clauses;
}

}  // namespace wsel::cli
