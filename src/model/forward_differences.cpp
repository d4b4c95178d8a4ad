#include "wsel/model/forward_differences.h"

#include <fmt/format.h>

namespace wsel::model {
namespace {

struct Forward {
  double norm_eps;
  std::string_view activation;
};

Forward ForwardOf(Config config) {
  const ConfigFields fields = FieldsOf(config);
  const bool quick = fields.activation != nullptr &&
                     *fields.activation == Activation::kQuickGelu;
  return {fields.norm_eps, quick ? "QuickGELU" : "GELU"};
}

}  // namespace

std::string DescribeForward(const Config& config) {
  const Forward forward = ForwardOf(config);
  return fmt::format("LayerNorm eps {:g}, {}", forward.norm_eps,
                     forward.activation);
}

std::vector<std::string> ForwardDifferences(const Config& source,
                                            const Config& target) {
  std::vector<std::string> clauses;
  if (source.index() != target.index()) return clauses;
  const Forward from = ForwardOf(source);
  const Forward to = ForwardOf(target);
  if (from.norm_eps != to.norm_eps) {
    clauses.push_back(fmt::format("LayerNorm eps {:g}, not {:g}", from.norm_eps,
                                  to.norm_eps));
  }
  if (from.activation != to.activation) {
    clauses.push_back(
        fmt::format("{}, not {}", from.activation, to.activation));
  }
  return clauses;
}

}  // namespace wsel::model
