#include "wsel/pretrained/forward_differences.h"

#include <fmt/format.h>

namespace wsel::pretrained {
namespace {

std::string_view NameOf(model::Activation activation) {
  return activation == model::Activation::kQuickGelu ? "QuickGELU" : "GELU";
}

double EpsOf(const model::Config& config) {
  return std::visit([](const auto& c) { return c.norm_eps; }, config);
}

model::Activation ActivationOf(const model::Config& config) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  return vit == nullptr ? model::Activation::kGelu : vit->activation;
}

}  // namespace

std::string DescribeForward(const model::Config& config) {
  return fmt::format("LayerNorm eps {:g}, {}", EpsOf(config),
                     NameOf(ActivationOf(config)));
}

std::vector<std::string> ForwardDifferences(const model::Config& source,
                                            const model::Config& target) {
  std::vector<std::string> clauses;
  if (source.index() != target.index()) return clauses;
  if (EpsOf(source) != EpsOf(target)) {
    clauses.push_back(fmt::format("LayerNorm eps {:g}, not {:g}", EpsOf(source),
                                  EpsOf(target)));
  }
  if (ActivationOf(source) != ActivationOf(target)) {
    clauses.push_back(fmt::format("{}, not {}", NameOf(ActivationOf(source)),
                                  NameOf(ActivationOf(target))));
  }
  return clauses;
}

}  // namespace wsel::pretrained
