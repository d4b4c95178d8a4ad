#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/core/progress.h"
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

// As scikit-learn's StandardScaler: to mean 0 and standard deviation 1 over the
// training features [N, D], however small it is; constant features, whose scale
// is 1, become 0.
class StandardScaler {
 public:
  explicit StandardScaler(const at::Tensor& train);

  // In place, as the features may fill the memory.
  void Apply(at::Tensor& features) const;

  // [1, D] float64
  const at::Tensor& scale() const { return scale_; }

 private:
  at::Tensor mean_;  // [1, D] float64
  at::Tensor scale_;
};

struct LogisticOptions {
  // L2 penalty on the weights, relative to the summed loss: C = 1 / l2 in
  // scikit-learn's LogisticRegression, whose default is 1. As there, two
  // classes have one weight vector, the difference of their rows.
  double l2 = 1;
  int64_t iterations = 200;  // of L-BFGS, at most
};

// Weights [classes, D] and bias [classes].
struct LinearClassifier {
  at::Tensor weight;
  at::Tensor bias;
};

// Multinomial logistic regression by L-BFGS, starting from zero. The loss is
// convex, so it needs no learning rate and no seed. features [N, D] float32,
// labels [N] int64. The bias is not penalised. Features are not standardised:
// see StandardScaler. Errors: as RequireMemory in features.h.
LinearClassifier FitLogistic(const at::Tensor& features,
                             const at::Tensor& labels, int64_t classes,
                             const LogisticOptions& options,
                             const OnProgress& on_progress = nullptr);

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

// Errors: kConfig, naming the field.
void Validate(const ProbeRecipe& recipe);

// Trains such a classifier by SGD or LARS.
class LinearProbe {
 public:
  // Errors: as Validate.
  LinearProbe(int64_t width, int64_t classes, const ProbeRecipe& recipe,
              int64_t steps_per_epoch);

  // One step: features [B, width], labels [B].
  void Train(const at::Tensor& features, const at::Tensor& labels);

  // Features [B, width] -> logits [B, classes], with the running statistics.
  at::Tensor Logits(const at::Tensor& features) const;

 private:
  // The factor of a gradient: for LARS, as in timm and MAE, 0.001 |weights| /
  // |gradient| of a matrix; 1 for a bias, and for SGD.
  double TrustRatio(const at::Tensor& parameter) const;
  void UpdateParameter(at::Tensor& parameter, at::Tensor& momentum, double lr);

  ProbeSolver solver_;
  optim::LrSchedule schedule_;
  int64_t step_ = 0;
  at::Tensor running_mean_;  // [width]
  at::Tensor running_var_;
  at::Tensor weight_;  // [classes, width]
  at::Tensor bias_;    // [classes]
  at::Tensor weight_momentum_;
  at::Tensor bias_momentum_;
};

}  // namespace wsel::probe
