#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace wsel::probe {

struct LogisticOptions {
  // L2 penalty on the weights, relative to the summed loss: C = 1 / l2 in
  // scikit-learn's LogisticRegression, whose default is 1.
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
// bring them to similar scales first.
LinearClassifier FitLogistic(const at::Tensor& features,
                             const at::Tensor& labels, int64_t classes,
                             const LogisticOptions& options);

}  // namespace wsel::probe
