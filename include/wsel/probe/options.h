// Torch-free.
#pragma once

#include <cstdint>

#include "wsel/core/registry.h"
#include "wsel/optim/schedule.h"

namespace wsel::probe {

// How the linear classifier on frozen features is trained.
enum class ProbeSolver {
  kLbfgs,  // the optimum of a convex loss: FitLogistic
  kSgd,    // MAE's recipe with plain SGD
  kLars,   // MAE's recipe, with LARS (You et al. 2017)
};
// lbfgs, sgd, lars
const Registry<ProbeSolver>& ProbeSolvers();

struct LogisticOptions {
  // L2 penalty on the weights, relative to the summed loss: C = 1 / l2 in
  // scikit-learn's LogisticRegression, by default 1. As there, two
  // classes have one weight vector, the difference of their rows.
  double l2 = 1;
  int64_t iterations = 200;  // of L-BFGS, at most
};

// MAE's linear probe (He et al. 2022, appendix A.1, table 10): a batch norm
// without affine parameters, a linear layer, momentum 0.9, no weight decay,
// warmup and cosine decay to 0.
struct ProbeRecipe {
  ProbeSolver solver = ProbeSolver::kLars;
  int64_t batch_size = 512;
  // The rate is for 256 images: it is multiplied by batch_size / 256.
  optim::ScheduleOptions schedule = {
      .lr = 0.1, .min_lr = 0, .epochs = 90, .warmup_epochs = 10};
  uint64_t seed = 0;
};

// How a linear classifier is fitted to frozen features.
struct ProbeOptions {
  ProbeRecipe recipe;        // recipe.solver decides which of the two
  LogisticOptions logistic;  // kLbfgs
  // MAE's random crops and flips: features are recomputed in each epoch. Not
  // with kLbfgs, which is fitted to fixed features.
  bool augment = false;
  int workers = -1;  // of the data loader; -1: one per core
  bool skip_corrupt = false;
};

}  // namespace wsel::probe
