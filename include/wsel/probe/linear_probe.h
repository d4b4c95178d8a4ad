#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "wsel/core/progress.h"
#include "wsel/optim/schedule.h"
#include "wsel/probe/options.h"

namespace wsel::probe {

// As scikit-learn's StandardScaler: to mean 0 and standard deviation 1 over the
// training features [N, D], however small it is; constant features have a
// scale of 1 and become 0.
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

// Errors: kConfig, naming the field.
void Validate(const ProbeRecipe& recipe);

// Trains the linear classifier of MAE's recipe by SGD or LARS.
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
