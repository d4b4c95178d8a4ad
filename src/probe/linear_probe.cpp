#include "wsel/probe/linear_probe.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "wsel/core/check.h"
#include "wsel/model/init.h"
#include "wsel/nn/initialize.h"
#include "wsel/probe/features.h"

namespace wsel::probe {
namespace {

// MAE's constants: batch norm, LARS, momentum, the classifier's initial std.
constexpr double kNormEps = 1e-6;
constexpr double kNormMomentum = 0.1;
constexpr double kTrustCoefficient = 0.001;
constexpr double kMomentum = 0.9;
constexpr double kInitStd = 0.01;

// Of L-BFGS: pairs of vectors, each as long as the weights; with gradients,
// directions and those of the line search they make so many vectors.
constexpr int64_t kHistory = 20;
constexpr int64_t kLbfgsVectors = 2 * kHistory + 12;

// Calls `use` with the first column and the number of columns of each block of
// a matrix: 64 MiB of float64.
void ForEachBlock(const at::Tensor& matrix,
                  const std::function<void(int64_t, int64_t)>& use) {
  constexpr int64_t kElements = int64_t{8} << 20;
  const int64_t rows = std::max<int64_t>(matrix.size(0), 1);
  const int64_t columns = std::max<int64_t>(kElements / rows, 1);
  for (int64_t first = 0; first < matrix.size(1); first += columns) {
    use(first, std::min(columns, matrix.size(1) - first));
  }
}

at::Tensor InitialWeight(int64_t width, int64_t classes, uint64_t seed) {
  const model::Init init{model::InitKind::kTruncNormal, kInitStd, 2};
  return nn::Draw(init, {"probe.weight", {classes, width}}, seed);
}

optim::LrSchedule ScheduleOf(const ProbeRecipe& recipe,
                             int64_t steps_per_epoch) {
  optim::ScheduleOptions schedule = recipe.schedule;
  schedule.lr *= static_cast<double>(recipe.batch_size) / 256;
  return {schedule, steps_per_epoch};
}

}  // namespace

StandardScaler::StandardScaler(const at::Tensor& train)
    : mean_(at::empty({1, train.size(1)}, at::kDouble)),
      scale_(at::empty({1, train.size(1)}, at::kDouble)) {
  // What scikit-learn takes for constant: variances that rounding explains.
  const double rounding = std::numeric_limits<double>::epsilon() *
                          static_cast<double>(train.size(0));
  ForEachBlock(train, [&](int64_t first, int64_t count) {
    const auto block = train.narrow(1, first, count).to(at::kDouble);
    const auto mean = block.mean(0, /*keepdim=*/true);
    const auto variance = (block - mean).square().mean(0, /*keepdim=*/true);
    const auto constant =
        variance <= variance * rounding + (mean * rounding).square();
    mean_.narrow(1, first, count).copy_(mean);
    scale_.narrow(1, first, count)
        .copy_(variance.sqrt().masked_fill(constant, 1));
  });
}

void StandardScaler::Apply(at::Tensor& features) const {
  ForEachBlock(features, [&](int64_t first, int64_t count) {
    const auto block = features.narrow(1, first, count);
    const auto centered =
        block.to(at::kDouble).sub_(mean_.narrow(1, first, count));
    block.copy_(centered / scale_.narrow(1, first, count));
  });
}

LinearClassifier FitLogistic(const at::Tensor& features,
                             const at::Tensor& labels, int64_t classes,
                             const LogisticOptions& options,
                             const OnProgress& on_progress) {
  RequireMemory(
      "solver",
      kLbfgsVectors * classes * features.size(1) * int64_t{sizeof(float)},
      fmt::format("{} steps of lbfgs with {} classes of {} features", kHistory,
                  classes, features.size(1)),
      "choose sgd or lars");
  LinearClassifier model{at::zeros({classes, features.size(1)}),
                         at::zeros({classes})};
  model.weight.requires_grad_();
  model.bias.requires_grad_();
  torch::optim::LBFGS solver({model.weight, model.bias},
                             torch::optim::LBFGSOptions(1)
                                 .max_iter(options.iterations)
                                 .history_size(kHistory)
                                 .line_search_fn("strong_wolfe"));
  // The rows of two classes are w / 2 and -w / 2: half the square of w.
  const double l2 = classes == 2 ? 2 * options.l2 : options.l2;
  const auto count = static_cast<double>(features.size(0));
  // The line search may take a few evaluations more than LibTorch's limit.
  ProgressPoint done{.title = "logistic regression",
                     .steps = options.iterations * 5 / 4};
  solver.step([&] {
    solver.zero_grad();
    const auto logits = at::linear(features, model.weight, model.bias);
    auto loss = at::cross_entropy_loss(logits, labels) +
                model.weight.square().sum() * (l2 / (2 * count));
    loss.backward();
    done.step = std::min(done.step + 1, done.steps);
    done.loss = loss.item<double>();
    if (on_progress) on_progress(done);
    return loss;
  });
  return {model.weight.detach(), model.bias.detach()};
}

void Validate(const ProbeRecipe& recipe) {
  CheckAtLeast("batch_size", recipe.batch_size, 2);
  ScheduleOf(recipe, /*steps_per_epoch=*/1);
}

LinearProbe::LinearProbe(int64_t width, int64_t classes,
                         const ProbeRecipe& recipe, int64_t steps_per_epoch)
    : solver_(recipe.solver),
      schedule_(ScheduleOf(recipe, steps_per_epoch)),
      running_mean_(at::zeros({width})),
      running_var_(at::ones({width})),
      weight_(InitialWeight(width, classes, recipe.seed).requires_grad_()),
      bias_(at::zeros({classes}).requires_grad_()),
      weight_momentum_(at::zeros({classes, width})),
      bias_momentum_(at::zeros({classes})) {}

void LinearProbe::Train(const at::Tensor& features, const at::Tensor& labels) {
  const auto normalised =
      at::batch_norm(features, {}, {}, running_mean_, running_var_,
                     /*training=*/true, kNormMomentum, kNormEps,
                     /*cudnn_enabled=*/false);
  at::cross_entropy_loss(at::linear(normalised, weight_, bias_), labels)
      .backward();
  const double lr = schedule_.At(step_++);
  const at::NoGradGuard no_grad;
  UpdateParameter(weight_, weight_momentum_, lr);
  UpdateParameter(bias_, bias_momentum_, lr);
}

double LinearProbe::TrustRatio(const at::Tensor& parameter) const {
  if (solver_ != ProbeSolver::kLars || parameter.dim() < 2) return 1;
  const double weight = parameter.norm().item<double>();
  const double gradient = parameter.grad().norm().item<double>();
  return weight > 0 && gradient > 0 ? kTrustCoefficient * weight / gradient : 1;
}

void LinearProbe::UpdateParameter(at::Tensor& parameter, at::Tensor& momentum,
                                  double lr) {
  momentum.mul_(kMomentum).add_(parameter.grad(), TrustRatio(parameter));
  parameter.sub_(momentum, lr);
  parameter.mutable_grad().reset();
}

at::Tensor LinearProbe::Logits(const at::Tensor& features) const {
  const at::NoGradGuard no_grad;
  const auto normalised =
      (features - running_mean_) / (running_var_ + kNormEps).sqrt();
  return at::linear(normalised, weight_, bias_);
}

}  // namespace wsel::probe
