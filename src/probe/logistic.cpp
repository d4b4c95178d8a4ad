#include "wsel/probe/logistic.h"

#include <ATen/ATen.h>
#include <torch/optim/lbfgs.h>

namespace wsel::probe {

LinearClassifier FitLogistic(const at::Tensor& features,
                             const at::Tensor& labels, int64_t classes,
                             const LogisticOptions& options) {
  LinearClassifier model{at::zeros({classes, features.size(1)}),
                         at::zeros({classes})};
  model.weight.requires_grad_();
  model.bias.requires_grad_();
  torch::optim::LBFGS solver({model.weight, model.bias},
                             torch::optim::LBFGSOptions(1)
                                 .max_iter(options.iterations)
                                 .history_size(20)
                                 .line_search_fn("strong_wolfe"));
  const auto count = static_cast<double>(features.size(0));
  solver.step([&] {
    solver.zero_grad();
    const auto logits = at::linear(features, model.weight, model.bias);
    auto loss = at::cross_entropy_loss(logits, labels) +
                model.weight.square().sum() * (options.l2 / (2 * count));
    loss.backward();
    return loss;
  });
  return {model.weight.detach(), model.bias.detach()};
}

}  // namespace wsel::probe
