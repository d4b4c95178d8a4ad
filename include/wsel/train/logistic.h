#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace wsel::train {

struct LogisticOptions {
  // Weight of the squared norm of the weights against the summed loss: C = 1 /
  // l2 of scikit-learn's LogisticRegression, whose default is 1.
  double l2 = 1;
  int64_t iterations = 200;  // of L-BFGS, at most
};

// Weights [classes, D] and bias [classes].
struct Linear {
  at::Tensor weight;
  at::Tensor bias;
};

// Multinomial logistic regression by L-BFGS from zero: the convex optimum, so
// it needs no learning rate and no seed. features [N, D] float32, labels [N]
// int64. The bias is not penalised. Features are taken as they are: bring them
// to like scales first.
Linear FitLogistic(const at::Tensor& features, const at::Tensor& labels,
                   int64_t classes, const LogisticOptions& options);

}  // namespace wsel::train
