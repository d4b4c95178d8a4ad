#include "wsel/model/forward_differences.h"

#include <fmt/format.h>

namespace wsel::model {
namespace {

std::string_view NameOf(Activation activation) {
  return activation == Activation::kQuickGelu ? "QuickGELU" : "GELU";
}

}  // namespace

std::vector<std::string> ForwardDifferences(const Config& source,
                                            const Config& target) {
  std::vector<std::string> clauses;
  if (source.index() != target.index()) return clauses;
  Config source_copy = source;
  Config target_copy = target;
  const ConfigFields from = FieldsOf(source_copy);
  const ConfigFields to = FieldsOf(target_copy);
  if (from.norm_eps != to.norm_eps) {
    clauses.push_back(fmt::format("LayerNorm eps {:g}, not {:g}", from.norm_eps,
                                  to.norm_eps));
  }
  if (from.activation != nullptr && *from.activation != *to.activation) {
    clauses.push_back(fmt::format("{}, not {}", NameOf(*from.activation),
                                  NameOf(*to.activation)));
  }
  return clauses;
}

}  // namespace wsel::model
