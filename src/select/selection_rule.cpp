#include "wsel/select/selection_rule.h"

#include <array>

#include "rule_functions.h"

namespace wsel::select {
namespace {

// A function of the sizes alone.
template <Indices (*kSelect)(int64_t from, int64_t to)>
Indices BySizes(int64_t from, int64_t to, const RandomStream&) {
  return kSelect(from, to);
}

// A new rule is a row here, and a function in rule_functions.h.
constexpr std::array<SelectionRule, 8> kRules = {{
    {"uniform", "evenly spaced (the paper's default)",
     "section 3.2, Algorithm 1", Scope::kModel, BySizes<Uniform>},
    {"consecutive", "the first ones", "section 3.2", Scope::kModel,
     BySizes<FirstOf>},
    {"random", "random, the same for dimensions of equal role", "section 3.2",
     Scope::kModel, RandomSubset},
    {"random-inconsistent",
     "random, drawn independently for every tensor and dimension",
     "section 3.2", Scope::kTensor, RandomSubset},
    {"l1", "largest L1 norm, per tensor and dimension", "Table 7",
     Scope::kTensor, nullptr, L1Scores},
    {"magnitude", "largest |w| of a tensor, reshaped", "Table 7",
     Scope::kElements, nullptr, L1Scores},
    {"l1-shared",
     "largest L1 norm summed over all tensors that share a dimension",
     "not in the paper", Scope::kModel, nullptr, L1Scores},
    {"l2-shared",
     "largest squared L2 norm summed over all tensors that share a dimension",
     "not in the paper", Scope::kModel, nullptr, SquaredL2Scores},
}};

constexpr auto kRows = [] {
  std::array<Registered<Method>, kRules.size()> rows{};
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {&kRules[i], kRules[i].name, kRules[i].about};
  }
  return rows;
}();

constexpr SelectionRule kOfficial = {"official", "the official script's",
                                     "the paper's code", Scope::kModel,
                                     BySizes<UniformFp32>};

}  // namespace

const Registry<Method>& Methods() {
  static constexpr Registry<Method> kRegistry("method", kRows);
  return kRegistry;
}

const SelectionRule& DefaultRule() { return kRules.front(); }

const SelectionRule& OfficialRule() { return kOfficial; }

}  // namespace wsel::select
