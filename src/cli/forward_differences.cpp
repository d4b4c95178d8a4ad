#include "forward_differences.h"

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

std::vector<std::string> ForwardDifferences(const model::Config& source,
                                            const model::Config& target) {
  std::vector<std::string> clauses;
  if (source.index() != target.index()) return clauses;
  if (EpsOf(source) != EpsOf(target)) {
    clauses.push_back(fmt::format("LayerNorm eps {:g}, not {:g}", EpsOf(source),
                                  EpsOf(target)));
  }
  const auto* vit = std::get_if<model::VitConfig>(&source);
  if (vit == nullptr) return clauses;
  const auto activation = std::get<model::VitConfig>(target).activation;
  if (vit->activation != activation) {
    clauses.push_back(
        fmt::format("{}, not {}", NameOf(vit->activation), NameOf(activation)));
  }
  return clauses;
}

}  // namespace wsel::cli
