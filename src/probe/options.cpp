#include "wsel/probe/options.h"

#include <array>

namespace wsel::probe {

const Registry<ProbeSolver>& ProbeSolvers() {
  static constexpr std::array<Registered<ProbeSolver>, 3> kRows = {{
      {ProbeSolver::kLbfgs, "lbfgs", "logistic regression by L-BFGS"},
      {ProbeSolver::kSgd, "sgd", "MAE's recipe with SGD"},
      {ProbeSolver::kLars, "lars", "MAE's recipe"},
  }};
  static constexpr Registry<ProbeSolver> kRegistry("solver", kRows);
  return kRegistry;
}

}  // namespace wsel::probe
