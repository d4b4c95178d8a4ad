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
    {"uniform", "section 3.2, Algorithm 1 (the default)", Scope::kModel,
     BySizes<Uniform>},
    {"consecutive", "section 3.2", Scope::kModel, BySizes<FirstOf>},
    {"random", "section 3.2", Scope::kModel, RandomSubset},
    {"random-inconsistent", "section 3.2", Scope::kTensor, RandomSubset},
    {"l1", "Table 7", Scope::kTensor, nullptr, L1Scores},
    {"magnitude", "Table 7", Scope::kElements, nullptr, L1Scores},
    {"l1-shared", "not in the paper", Scope::kModel, nullptr, L1Scores},
    {"l2-shared", "not in the paper", Scope::kModel, nullptr, SquaredL2Scores},
    {"activation", "not in the paper", Scope::kModel, nullptr, nullptr,
     Calibration::kActivations},
    {"taylor", "not in the paper", Scope::kModel, nullptr, nullptr,
     Calibration::kGradients},
    {"regression", "not in the paper", Scope::kModel, nullptr, nullptr,
     Calibration::kActivations, Solve::kRegression},
    {"projection", "not in the paper", Scope::kModel, nullptr, nullptr,
     Calibration::kActivations, Solve::kProjection},
}};

constexpr auto kRows = [] {
  std::array<Registered<Method>, kRules.size()> rows{};
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {&kRules[i], kRules[i].name};
  }
  return rows;
}();

constexpr SelectionRule kOfficial = {"official", "the paper's code",
                                     Scope::kModel, BySizes<UniformFp32>};

}  // namespace

const Registry<Method>& Methods() {
  static constexpr Registry<Method> kRegistry("method", kRows);
  return kRegistry;
}

const SelectionRule& DefaultRule() { return kRules.front(); }

const SelectionRule& OfficialRule() { return kOfficial; }

}  // namespace wsel::select
