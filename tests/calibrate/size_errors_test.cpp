#include "wsel/calibrate/size_errors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "calibrate/layer_chain.h"
#include "calibrate/small_models.h"
#include "calibrate/stream_basis.h"
#include "calibrate/stream_moments.h"
#include "wsel/calibrate/agreement.h"
#include "wsel/calibrate/best_layers.h"

namespace wsel::calibrate {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::StartsWith;

model::VitConfig Teacher(int64_t width = 12) {
  model::VitConfig config;
  config.name = "vit";
  config.img_size = kSide;
  config.patch_size = 4;
  config.embed_dim = width;
  config.depth = 3;
  config.num_heads = 3;
  config.num_classes = 5;
  return config;
}

// A teacher and what of it is estimated.
struct Estimated {
  explicit Estimated(const char* method,
                     const model::Config& config = Teacher(), int side = kSide)
      : weights(config),
        images(SmallImages(side, 16)),
        reference(ReferenceOf(config, weights, config)),
        errors(reference, *MethodNamed(method),
               ActivationScores(reference, images), images) {}

  HashedWeights weights;
  Images images;
  Reference reference;
  SizeErrors errors;
};

const std::vector<std::vector<int64_t>> kAll = {{0, 1, 2}};

TEST(KeptShares, AreOfTheLargestScoresFirst) {
  EXPECT_THAT(KeptSharesOf({1, 3, 0}),
              ElementsAre(0, DoubleEq(0.75), DoubleEq(1), 1));
  EXPECT_THAT(KeptSharesOf({0, 0}), ElementsAre(0, DoubleEq(0.5), 1));
}

TEST(SizeErrors, FallWithTheWidthToZero) {
  for (const char* method : {"uniform", "activation", "projection"}) {
    const Estimated teacher(method);
    double before = 1;
    for (const int64_t width : {3, 6, 9, 12}) {
      const double error = teacher.errors.Of(Teacher(width), kAll, 0);
      EXPECT_LT(error, before) << method << " " << width;
      before = error;
    }
    EXPECT_NEAR(before, 0, 1e-12) << method;
  }
}

TEST(SizeErrors, OfADepthAreTheChangeOfTheFeatures) {
  const Estimated teacher("activation");
  EXPECT_NEAR(teacher.errors.Of(Teacher(), {{0, 2}}, 0.25), 0.25, 1e-12);
  EXPECT_NEAR(teacher.errors.Of(Teacher(), {{1}}, 7), 1, 1e-12);
}

// Without images each channel counts alike: half of the width, of attention and
// of the hidden channels.
TEST(SizeErrors, OfARuleWithoutImagesAreShares) {
  const Estimated teacher("uniform");
  EXPECT_NEAR(teacher.errors.Of(Teacher(6), kAll, 0), 1 - 0.125, 1e-12);
}

TEST(SizeErrors, OfProjectionAreWhatItsBasisDiscards) {
  const Estimated channels("activation");
  const Estimated directions("projection");
  const VitPass pass(Teacher(), channels.reference.weights);
  const auto moments = StreamMoments(pass, channels.images);
  const auto basis = StreamBasis(moments, 6);
  const double kept =
      (at::matmul(at::matmul(basis.t(), moments), basis).trace() /
       moments.trace())
          .item<double>();
  const auto importance = ActivationScores(channels.reference, channels.images);
  std::vector<double> sum(12);
  for (int64_t b = 0; b < 3; ++b) {
    for (const char* reader : {".attn.qkv.weight", ".mlp.fc1.weight"}) {
      const auto scores =
          importance.slice_scores(VitPass::Block(b) + reader, 1, nullptr);
      std::ranges::transform(scores, sum, sum.begin(), std::plus<>());
    }
  }
  // The shares of attention and hidden channels are the same.
  const double by_channels = 1 - channels.errors.Of(Teacher(6), kAll, 0);
  const double by_directions = 1 - directions.errors.Of(Teacher(6), kAll, 0);
  EXPECT_NEAR(by_directions / by_channels, kept / KeptSharesOf(sum)[6], 1e-9);
}

TEST(SizeErrors, AreOfEachStageOfAConvNext) {
  const model::ConvNextConfig config{.name = "convnext",
                                     .img_size = 32,
                                     .dims = {8, 8, 12, 16},
                                     .depths = {1, 1, 2, 1},
                                     .num_classes = 5};
  const Estimated teacher("regression", config, 32);
  const std::vector<std::vector<int64_t>> all = {{0}, {0}, {0, 1}, {0}};
  EXPECT_NEAR(teacher.errors.Of(config, all, 0), 0, 1e-12);
  model::ConvNextConfig narrow = config;
  narrow.dims[2] = 8;
  const double one = teacher.errors.Of(narrow, all, 0);
  EXPECT_GT(one, 0);
  narrow.dims[3] = 8;
  EXPECT_GT(teacher.errors.Of(narrow, all, 0), one);
}

TEST(DropBlocks, PassesWhatChooseBestLayersChooses) {
  const Estimated teacher("uniform");
  const auto steps = DropBlocks(teacher.reference, {1}, {1}, teacher.images);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].layers, kAll);
  EXPECT_EQ(steps[0].change, 0);
  for (const int64_t depth : {1, 2, 3}) {
    EXPECT_EQ(
        steps[static_cast<size_t>(3 - depth)].layers,
        ChooseBestLayers(teacher.reference, {depth}, teacher.images).layers);
  }
}

TEST(DropBlocks, PrefersBlocksThatCostMore) {
  const model::ConvNextConfig config{.name = "convnext",
                                     .img_size = 32,
                                     .dims = {8, 8, 12, 16},
                                     .depths = {2, 2, 2, 2},
                                     .num_classes = 5};
  const Estimated teacher("uniform", config, 32);
  for (const size_t stage : {0U, 2U}) {
    std::vector<double> costs(4, 1);
    costs[stage] = 1e12;
    const auto steps =
        DropBlocks(teacher.reference, {1, 1, 1, 1}, costs, teacher.images);
    ASSERT_EQ(steps.size(), 5U);
    EXPECT_THAT(steps[1].dropped,
                StartsWith("stages." + std::to_string(stage) + ".blocks."));
  }
}

// |f - f'|^2 / |f|^2 without some layers.
double ChangeWithout(const Estimated& teacher,
                     const std::set<std::string>& dropped) {
  const LayerChain chain =
      ChainOf(teacher.reference.config, teacher.reference.weights);
  const auto features = [&](const std::set<std::string>& without) {
    at::Tensor x = chain.embed(Batch(teacher.images));
    for (const ChainLayer& layer : chain.layers) {
      if (!without.contains(layer.name)) x = layer.forward(x);
    }
    return chain.features(x).to(at::kDouble);
  };
  const at::NoGradGuard no_grad;
  const at::Tensor whole = features({});
  const at::Tensor changed = features(dropped) - whole;
  return (changed.square().sum() / whole.square().sum()).item<double>();
}

TEST(DropBlocks, ComparesTheGrowthOfTheChangeForWhatItSaves) {
  const model::ConvNextConfig config{.name = "convnext",
                                     .img_size = 32,
                                     .dims = {8, 8, 12, 16},
                                     .depths = {2, 2, 3, 2},
                                     .num_classes = 5};
  const Estimated teacher("uniform", config, 32);
  const std::vector<double> costs = {1, 2, 4, 16};
  const auto steps =
      DropBlocks(teacher.reference, {1, 1, 1, 1}, costs, teacher.images);
  ASSERT_EQ(steps.size(), 6U);
  std::set<std::string> dropped;
  for (size_t i = 1; i < steps.size(); ++i) {
    const auto rate = [&](const std::string& name) {
      auto without = dropped;
      without.insert(name);
      const double growth =
          ChangeWithout(teacher, without) - steps[i - 1].change;
      const double cost = costs[static_cast<size_t>(name.at(7) - '0')];
      return growth > 0 ? growth / cost : growth * cost;
    };
    const double chosen = rate(steps[i].dropped);
    for (size_t stage = 0; stage < 4; ++stage) {
      const auto& left = steps[i - 1].layers[stage];
      for (const int64_t block : left) {
        if (left.size() == 1) continue;
        EXPECT_LE(chosen,
                  rate(fmt::format("stages.{}.blocks.{}", stage, block)) + 1e-9)
            << i;
      }
    }
    dropped.insert(steps[i].dropped);
    EXPECT_NEAR(ChangeWithout(teacher, dropped), steps[i].change, 1e-6);
  }
}

// An RMSNorm sees the mean over the channels.
TEST(OutputAgreement, KeepsWhatTheNormsSee) {
  model::VitConfig config = Teacher();
  config.norm = model::Norm::kRmsNorm;
  const HashedWeights weights{model::Config(config)};
  const auto images = SmallImages();
  model::VitConfig student = config;
  student.embed_dim = 6;
  const auto made = MakeStudent(weights, student,
                                {.method = MethodNamed("activation")}, images);
  const auto encode = EncodingOf(made.plan);
  const auto last = OutputAgreementOf(made.teacher, student,
                                      WeightsOf(made.plan, made.solved.student),
                                      encode, images);
  const at::NoGradGuard no_grad;
  const auto chain = ChainOf(made.teacher.config, made.teacher.weights);
  const auto x = LastStream(chain, Batch(images)).to(at::kDouble);
  EXPECT_NEAR(last.kept,
              (at::matmul(x, encode[0]).square().sum() / x.square().sum())
                  .item<double>(),
              1e-5);
}

TEST(OutputAgreement, IsThatOfTheLastBlock) {
  const HashedWeights weights{model::Config(Teacher())};
  const auto images = SmallImages();
  const auto made = MakeStudent(weights, Teacher(6),
                                {.method = MethodNamed("projection")}, images);
  const Weights student = WeightsOf(made.plan, made.solved.student);
  const auto whole =
      AgreementOf(made.teacher, made.teacher, Teacher(6), student,
                  made.solved.encode, /*same_classes=*/false, images);
  const auto last = OutputAgreementOf(made.teacher, Teacher(6), student,
                                      made.solved.encode, images);
  EXPECT_EQ(last, whole.stream.back());
  EXPECT_NEAR(LackingShare(last), 1 - last.kept * (1 - last.error), 1e-12);
}

TEST(OutputAgreement, LacksNothingIfTheStudentIsTheTeacher) {
  const HashedWeights weights{model::Config(Teacher())};
  const auto images = SmallImages();
  const auto made = MakeStudent(weights, Teacher(),
                                {.method = MethodNamed("projection")}, images);
  const auto last = OutputAgreementOf(made.teacher, Teacher(),
                                      WeightsOf(made.plan, made.solved.student),
                                      made.solved.encode, images);
  EXPECT_LT(LackingShare(last), 1e-5);
}

}  // namespace
}  // namespace wsel::calibrate
