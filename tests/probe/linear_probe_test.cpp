#include "wsel/probe/linear_probe.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "nn/hashed_model.h"
#include "throws.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::probe {
namespace {

constexpr int64_t kClasses = 5;
constexpr int64_t kWidth = 24;

struct Features {
  at::Tensor values;
  at::Tensor labels;
};

// The same as in scripts/golden/probe.py.
Features HashedFeatures(const std::string& name, int64_t count) {
  const auto labels = at::arange(count).remainder(kClasses);
  const auto means =
      model::HashedNormalTensor("probe.means", {kClasses, kWidth}) * 0.4;
  const auto noise =
      model::HashedNormalTensor("probe." + name, {count, kWidth});
  return {means.index_select(0, labels) + noise, labels};
}

double Top1(const at::Tensor& logits, const at::Tensor& labels) {
  return 100 *
         logits.argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
}

TEST(FitLogistic, MatchesScikitLearn) {
  const auto golden =
      checkpoint::Open(WSEL_SOURCE_DIR "/tests/golden/train/probe.safetensors");
  const auto wanted = [&](const std::string& name) {
    return Borrow(golden->View(name)).clone();
  };
  const Features train = HashedFeatures("train", 400);
  const Features test = HashedFeatures("test", 1000);
  for (const auto& [l2, name] :
       {std::pair(0.1, ".0.1"), std::pair(1.0, ".1"), std::pair(10.0, ".10")}) {
    const LinearClassifier found =
        FitLogistic(train.values, train.labels, kClasses, {.l2 = l2});
    const auto weight = wanted(std::string("weight") + name);
    EXPECT_LT((found.weight - weight).norm().item<double>(),
              1e-2 * weight.norm().item<double>());
    EXPECT_NEAR(
        Top1(at::linear(test.values, found.weight, found.bias), test.labels),
        wanted(std::string("top1") + name).item<double>(), 0.2);
  }
}

// scripts/golden/probe.py's `uneven`.
at::Tensor Uneven(const at::Tensor& values) {
  std::vector<float> scale;
  for (int column = 0; column < kWidth; ++column) {
    scale.push_back(std::ldexp(1.0F, 3 * (column % 12) - 24));
  }
  const auto offset = at::arange(kWidth).to(at::kFloat);
  auto uneven = (values + offset) * at::tensor(scale);
  uneven.select(1, 0).fill_(0.1F);
  return uneven;
}

Features OfClasses(const Features& all, int64_t classes) {
  const auto rows = (all.labels < classes).nonzero().squeeze(1);
  return {Uneven(all.values).index_select(0, rows),
          all.labels.index_select(0, rows)};
}

TEST(FitLogistic, WithStandardScalerMatchesScikitLearnsPipeline) {
  const auto golden =
      checkpoint::Open(WSEL_SOURCE_DIR "/tests/golden/train/probe.safetensors");
  for (const int64_t classes : {kClasses, int64_t{2}}) {
    const auto wanted = [&](const std::string& name) {
      return Borrow(golden->View("pipeline." + name + "." +
                                 std::to_string(classes)))
          .clone();
    };
    Features train = OfClasses(HashedFeatures("train", 400), classes);
    Features test = OfClasses(HashedFeatures("test", 1000), classes);
    const StandardScaler scaler(train.values);
    EXPECT_TRUE(at::allclose(scaler.scale().squeeze(0).to(at::kFloat),
                             wanted("scale"), 1e-5, 0));
    scaler.Apply(train.values);
    scaler.Apply(test.values);
    const auto found =
        FitLogistic(train.values, train.labels, classes, {.l2 = 10});
    const auto probabilities =
        at::linear(test.values.narrow(0, 0, 100), found.weight, found.bias)
            .softmax(1);
    EXPECT_TRUE(at::allclose(probabilities, wanted("probabilities"), 0, 1e-3));
  }
}

double TrainedTop1(ProbeSolver solver, double lr) {
  const Features train = HashedFeatures("train", 400);
  const Features test = HashedFeatures("test", 1000);
  ProbeRecipe recipe;
  recipe.solver = solver;
  recipe.schedule.epochs = 60;
  recipe.schedule.warmup_epochs = 5;
  recipe.batch_size = 100;
  recipe.schedule.lr = lr;
  LinearProbe probe(kWidth, kClasses, recipe, 4);
  for (int64_t step = 0; step < 4 * recipe.schedule.epochs; ++step) {
    const int64_t first = step % 4 * 100;
    probe.Train(train.values.narrow(0, first, 100),
                train.labels.narrow(0, first, 100));
  }
  return Top1(probe.Logits(test.values), test.labels);
}

TEST(LinearProbe, GetsCloseToTheOptimum) {
  const Features train = HashedFeatures("train", 400);
  const Features test = HashedFeatures("test", 1000);
  const LinearClassifier best =
      FitLogistic(train.values, train.labels, kClasses, {.l2 = 10});
  const double optimum =
      Top1(at::linear(test.values, best.weight, best.bias), test.labels);
  EXPECT_NEAR(TrainedTop1(ProbeSolver::kSgd, 0.1), optimum, 3);
  EXPECT_NEAR(TrainedTop1(ProbeSolver::kLars, 10), optimum, 3);
}

TEST(LinearProbe, InvalidOptionsAreErrors) {
  ExpectError([] { Validate(ProbeRecipe{.batch_size = 1}); },
              ErrorKind::kConfig, {"batch_size: "});
  ExpectError(
      [] {
        Validate(ProbeRecipe{.schedule = {.epochs = 5, .warmup_epochs = 9}});
      },
      ErrorKind::kConfig, {"warmup_epochs: "});
}

}  // namespace
}  // namespace wsel::probe
