#include "wsel/select/selection_rule.h"

#include <array>

#include "rule_functions.h"

namespace wsel::select {
namespace {

// A function of only the sizes.
template <Indices (*kSelect)(int64_t from, int64_t to)>
Indices BySizes(int64_t from, int64_t to, const RandomStream&) {
  return kSelect(from, to);
}

// A new rule is a row here, and a function in rule_functions.h; docs/init.md
// says what each does.
constexpr std::array<SelectionRule, 12> kRules = {{
    // The paper's section 3.2; uniform is its Algorithm 1, and the default.
    {"uniform", Scope::kModel, BySizes<Uniform>},
    {"consecutive", Scope::kModel, BySizes<FirstOf>},
    {"random", Scope::kModel, RandomSubset},
    {"random-inconsistent", Scope::kTensor, RandomSubset},
    // Its Table 7.
    {"l1", Scope::kTensor, nullptr, L1Scores},
    {"magnitude", Scope::kElements, nullptr, L1Scores},
    // Not in the paper.
    {"l1-shared", Scope::kModel, nullptr, L1Scores},
    {"l2-shared", Scope::kModel, nullptr, SquaredL2Scores},
    {"activation", Scope::kModel, nullptr, nullptr, Calibration::kActivations},
    {"taylor", Scope::kModel, nullptr, nullptr, Calibration::kGradients},
    {"regression", Scope::kModel, nullptr, nullptr, Calibration::kActivations,
     Solve::kRegression},
    {"projection", Scope::kModel, nullptr, nullptr, Calibration::kActivations,
     Solve::kProjection},
}};

constexpr auto kRows = [] {
  std::array<Registered<Method>, kRules.size()> rows{};
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {&kRules[i], kRules[i].name};
  }
  return rows;
}();

// As the paper's code selects.
constexpr SelectionRule kOfficial = {"official", Scope::kModel,
                                     BySizes<UniformFp32>};

}  // namespace

const Registry<Method>& Methods() {
  static constexpr Registry<Method> kRegistry("method", kRows);
  return kRegistry;
}

const SelectionRule& DefaultRule() { return kRules.front(); }

const SelectionRule& OfficialRule() { return kOfficial; }

}  // namespace wsel::select
