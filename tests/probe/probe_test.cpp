#include "wsel/probe/probe.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "throws.h"
#include "train/small_run.h"

namespace wsel::probe {
namespace {

ProbeOptions WithSolver(ProbeSolver solver, bool augment = false) {
  ProbeOptions options;
  options.recipe.solver = solver;
  options.recipe.batch_size = 8;
  options.recipe.schedule = {
      .lr = 0.5, .min_lr = 0, .epochs = 20, .warmup_epochs = 2};
  options.augment = augment;
  options.workers = 0;
  return options;
}

TEST(FitProbe, TellsColoursApartByTheirPixels) {
  const auto set = train::SmallSet();
  const auto pixels = PixelFeatures(set, c10::kCPU);
  for (const auto& options :
       {WithSolver(ProbeSolver::kLbfgs), WithSolver(ProbeSolver::kSgd),
        WithSolver(ProbeSolver::kSgd, /*augment=*/true)}) {
    const auto result = FitProbe(set, set, pixels, options);
    EXPECT_EQ(result.num_features, 3 * 12 * 12);
    EXPECT_EQ(result.top1, 100);
    EXPECT_EQ(result.train_top1.has_value(), !options.augment);
  }
}

TEST(FitProbe, CountsSkippedImages) {
  auto set = train::SmallSet();
  const auto good = set.image;
  set.image = [good](int64_t index) {
    if (index == 0) throw Error(ErrorKind::kFormat, "small 0", "is corrupt");
    return good(index);
  };
  ExpectError([&] { PixelFeatures(set, c10::kCPU); }, ErrorKind::kFormat,
              {"small 0"});
  const auto pixels = PixelFeatures(set, c10::kCPU, /*skip_corrupt=*/true);
  for (auto options : {WithSolver(ProbeSolver::kLbfgs),
                       WithSolver(ProbeSolver::kSgd, /*augment=*/true)}) {
    ExpectError([&] { FitProbe(set, set, pixels, options); },
                ErrorKind::kFormat, {"small 0"});
    options.skip_corrupt = true;
    const auto result = FitProbe(set, set, pixels, options);
    EXPECT_EQ(result.test_skipped, 1);
    EXPECT_EQ(result.train_skipped,
              options.augment ? options.recipe.schedule.epochs : 1);
    EXPECT_EQ(result.top1, 100);
  }
  set.image = [](int64_t) -> image::Image {
    throw Error(ErrorKind::kFormat, "small", "is corrupt");
  };
  ExpectError(
      [&] {
        ComputeFeatures(set, pixels, {.workers = 0, .skip_corrupt = true});
      },
      ErrorKind::kFormat, {"none is left"});
}

TEST(RequireMemory, MoreThanIsFreeIsAnError) {
  RequireMemory("subset", 1, "features", "take fewer");
  ExpectError(
      [] {
        RequireMemory("subset", int64_t{1} << 60, "features", "take fewer");
      },
      ErrorKind::kConfig,
      {"subset: features need", "GiB are free: take fewer"});
}

TEST(FitProbe, ShowsProgressOfEachPart) {
  const auto set = train::SmallSet();
  const auto pixels = PixelFeatures(set, c10::kCPU);
  for (const auto& [solver, fit] :
       {std::pair(ProbeSolver::kLbfgs, "logistic regression"),
        std::pair(ProbeSolver::kSgd, "linear probe")}) {
    std::vector<std::string> titles;
    FitProbe(set, set, pixels, WithSolver(solver),
             [&](const ProgressPoint& point) {
               EXPECT_LE(point.step, point.steps);
               if (titles.empty() || titles.back() != point.title) {
                 titles.push_back(point.title);
               }
             });
    EXPECT_EQ(titles, (std::vector<std::string>{"features of small", fit,
                                                "features of small"}));
  }
}

TEST(ComputeFeatures, NaNIsAnErrorThatNamesTheModel) {
  const auto set = train::SmallSet();
  auto features = PixelFeatures(set, c10::kCPU);
  features.name = "best.safetensors";
  features.forward = [](const at::Tensor& images) {
    return images.flatten(1) * NAN;
  };
  ExpectError([&] { ComputeFeatures(set, features, {.workers = 0}); },
              ErrorKind::kMismatch, {"best.safetensors", "NaN"});
}

TEST(ProbeOptions, AugmentationNeedsARecipe) {
  ExpectError(
      [] { Validate(WithSolver(ProbeSolver::kLbfgs, /*augment=*/true)); },
      ErrorKind::kConfig, {"augment: "});
  Validate(WithSolver(ProbeSolver::kLars, /*augment=*/true));
}

TEST(StandardScaler, GivesMean0AndStd1AndZeroForConstants) {
  const auto train = at::tensor({1.0F, 5.0F, 3.0F, 5.0F}).view({2, 2});
  auto scaled = train.clone();
  StandardScaler(train).Apply(scaled);
  const auto wanted = at::tensor({-1.0F, 0.0F, 1.0F, 0.0F}).view({2, 2});
  EXPECT_TRUE(at::equal(scaled, wanted));
}

}  // namespace
}  // namespace wsel::probe
