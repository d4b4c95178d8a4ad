#include "wsel/nn/initialize.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/golden.h"
#include "throws.h"
#include "wsel/model/draw.h"
#include "wsel/model/init.h"
#include "wsel/model/variants.h"

namespace wsel::nn {
namespace {

using model::Component;
using model::Config;
using model::ConvNextConfig;
using model::Describe;
using model::FindVariant;
using model::Init;
using model::InitFor;
using model::Initializer;
using model::Initializers;
using model::InitKind;
using model::ParameterSpec;
using model::ParameterSpecs;
using model::ReadGolden;
using model::Variant;
using model::Variants;
using model::VitConfig;

const ParameterSpec& Find(const std::vector<ParameterSpec>& parameters,
                          std::string_view name) {
  for (const ParameterSpec& parameter : parameters) {
    if (parameter.spec.name == name) return parameter;
  }
  throw std::out_of_range(std::string(name));
}

at::Tensor DrawFor(const Config& config, std::string_view name,
                   Initializer initializer, uint64_t seed = 1) {
  const auto parameters = ParameterSpecs(config);
  const ParameterSpec& parameter = Find(parameters, name);
  return nn::Draw(InitFor(config, parameter, initializer), parameter.spec,
                  seed);
}

struct Moments {
  double mean, std, min, max;
};

Moments MomentsOf(const at::Tensor& tensor) {
  const auto t = tensor.to(at::kDouble);
  return {t.mean().item<double>(), t.std(/*unbiased=*/false).item<double>(),
          t.min().item<double>(), t.max().item<double>()};
}

// For two samples of n values with standard deviation s, the means differ with
// a standard error of s sqrt(2/n), the standard deviations with one of at most
// s / sqrt(n) (less if uniform), and the extremes by about 2 s / sqrt(2 ln n).
// Allows five times the first two and four times the last.
void ExpectSameMoments(const at::Tensor& drawn, const Moments& golden) {
  const Moments found = MomentsOf(drawn);
  EXPECT_EQ(found.min == found.max, golden.min == golden.max);
  if (golden.min == golden.max) {
    EXPECT_FLOAT_EQ(found.max, golden.max);
    return;
  }
  const auto n = static_cast<double>(drawn.numel());
  const double s = golden.std;
  EXPECT_NEAR(found.mean, golden.mean, 5 * s * std::sqrt(2 / n) + 1e-9);
  EXPECT_NEAR(found.std, golden.std, 5 * s / std::sqrt(n) + 1e-9);
  const double extreme = 8 * s / std::sqrt(2 * std::log(n)) + 1e-9;
  EXPECT_NEAR(found.min, golden.min, extreme);
  EXPECT_NEAR(found.max, golden.max, extreme);
}

// "timm vit_tiny_patch16_224" -> {kTimm, the variant}
std::pair<Initializer, Config> Parse(const std::string& key) {
  const size_t space = key.find(' ');
  return {Initializers().Find(key.substr(0, space), key),
          FindVariant(key.substr(space + 1)).config};
}

TEST(Draw, MatchesTheMomentsOfTimmAndTorch) {
  const auto golden = ReadGolden("init.json").at("initialisers");
  EXPECT_EQ(golden.size(), 15U);
  for (const auto& [key, tensors] : golden.items()) {
    const auto [initializer, config] = Parse(key);
    for (const auto& [name, row] : tensors.items()) {
      SCOPED_TRACE(key + " " + name);
      const auto drawn = DrawFor(config, name, initializer);
      EXPECT_EQ(drawn.sizes(), row.at("shape").get<Shape>());
      EXPECT_EQ(drawn.scalar_type(), at::kFloat);
      ExpectSameMoments(
          drawn, {row.at("mean"), row.at("std"), row.at("min"), row.at("max")});
    }
  }
}

TEST(Draw, StaysWithinItsBounds) {
  const TensorSpec spec = {"w", {500, 400}};
  const auto cut =
      MomentsOf(nn::Draw({InitKind::kTruncNormal, 0.02, 0.04}, spec, 1));
  EXPECT_LE(cut.max, 0.04);
  EXPECT_GT(cut.max, 0.0399);
  EXPECT_GE(cut.min, -0.04);
  EXPECT_LT(cut.min, -0.0399);
  // sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)) of a normal cut at 2 std.
  EXPECT_NEAR(cut.std / 0.02, 0.87962, 5 / std::sqrt(2 * 200000));
  const auto uniform =
      MomentsOf(nn::Draw({InitKind::kUniform, 0, 0.3}, spec, 1));
  EXPECT_LE(uniform.max, 0.3F);
  EXPECT_GT(uniform.max, 0.2999);
  EXPECT_NEAR(uniform.std, 0.3 / std::sqrt(3), 5 * 0.3 / std::sqrt(200000));
}

TEST(Draw, ScalesAConvNextsHead) {
  auto config = std::get<ConvNextConfig>(FindVariant("convnext_atto").config);
  config.head_init_scale = 0.001;
  const auto parameters = ParameterSpecs(config);
  const auto init =
      InitFor(config, Find(parameters, "head.fc.weight"), Initializer::kTimm);
  EXPECT_EQ(init, (Init{InitKind::kTruncNormal, 0.02 * 0.001, 2 * 0.001}));
}

TEST(Draw, BeginsWithGrnAsTheIdentity) {
  const Config config = FindVariant("convnextv2_atto").config;
  for (const ParameterSpec& parameter : ParameterSpecs(config)) {
    if (parameter.spec.name.find(".grn.") == std::string::npos) continue;
    for (const auto initializer : {Initializer::kTimm, Initializer::kXavier,
                                   Initializer::kTruncNormal}) {
      EXPECT_EQ(InitFor(config, parameter, initializer),
                (Init{InitKind::kConstant, 0}));
    }
  }
}

TEST(Draw, DependsOnlyOnSeedAndName) {
  const Init init = {InitKind::kNormal, 1};
  const auto a = nn::Draw(init, {"a", {300, 500}}, 1);
  EXPECT_TRUE(at::equal(a, nn::Draw(init, {"a", {300, 500}}, 1)));
  EXPECT_FALSE(at::equal(a, nn::Draw(init, {"a", {300, 500}}, 2)));
  EXPECT_FALSE(at::equal(a, nn::Draw(init, {"b", {300, 500}}, 1)));
  // Element i comes from sample i: a prefix has the same values.
  EXPECT_TRUE(at::equal(a[0], nn::Draw(init, {"a", {500}}, 1)));
}

// Calls draw() with one thread in LibTorch and with two.
void ExpectSameForAnyThreads(const std::function<at::Tensor()>& draw) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = draw();
  at::set_num_threads(2);
  const auto two = draw();
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(one, two));
}

TEST(Draw, DoesNotDependOnTheNumberOfThreads) {
  const auto config = FindVariant("vit_tiny").config;
  for (const auto initializer : {Initializer::kTimm, Initializer::kMimetic}) {
    ExpectSameForAnyThreads([&] {
      return DrawFor(config, "blocks.1.attn.qkv.weight", initializer);
    });
  }
}

TEST(InitFor, CoversEveryParameterOfEveryVariant) {
  for (const Variant& variant : Variants()) {
    for (const ParameterSpec& parameter : ParameterSpecs(variant.config)) {
      const Init init = InitFor(variant.config, parameter, Initializer::kTimm);
      EXPECT_NE(Describe(init), "?");
    }
  }
}

TEST(InitFor, RejectsMimeticForUnsupportedModels) {
  const auto convnext = FindVariant("convnext_femto").config;
  ExpectError(
      [&] {
        InitFor(convnext, ParameterSpecs(convnext).front(),
                Initializer::kMimetic);
      },
      ErrorKind::kConfig, {"convnext_femto", "ViT"});
  VitConfig odd;
  odd.name = "odd";
  odd.embed_dim = 6;
  odd.num_heads = 1;
  ExpectError(
      [&] { InitFor(odd, ParameterSpecs(odd).front(), Initializer::kMimetic); },
      ErrorKind::kConfig, {"odd", "multiple of 4"});
}

class Mimetic : public testing::Test {
 protected:
  static constexpr int64_t kWidth = 192;
  static constexpr int64_t kHeadDim = 64;

  at::Tensor Get(const std::string& name) const {
    return DrawFor(FindVariant("vit_tiny").config, name, Initializer::kMimetic)
        .to(at::kDouble);
  }
  // W_Q W_K^T of one head: q k^T = x A x^T.
  at::Tensor QueryKeyProduct(int64_t head) const {
    const auto qkv = Get("blocks.2.attn.qkv.weight").view({3, kWidth, kWidth});
    const auto q = qkv[0].narrow(0, head * kHeadDim, kHeadDim);
    const auto k = qkv[1].narrow(0, head * kHeadDim, kHeadDim);
    return q.t().matmul(k);
  }
  static double DiagonalMean(const at::Tensor& a) {
    return a.diagonal().mean().item<double>();
  }
  static double OffDiagonalStd(const at::Tensor& a) {
    const auto off = a - at::diag(a.diagonal());
    return (off.norm() / std::sqrt(kWidth * (kWidth - 1))).item<double>();
  }
};

// W_V W_proj = 0.4 Z - 0.4 I, exactly: out = x W_V W_proj. The diagonal's mean
// has a standard error of 0.4 / D, the std one of 0.4 / sqrt(2) / D^1.5.
TEST_F(Mimetic, ValuesTimesProjectionIsNoiseMinusIdentity) {
  const auto qkv = Get("blocks.2.attn.qkv.weight").view({3, kWidth, kWidth});
  const auto product = qkv[2].t().matmul(Get("blocks.2.attn.proj.weight").t());
  EXPECT_NEAR(DiagonalMean(product), -0.4, 5 * 0.4 / kWidth);
  EXPECT_NEAR(OffDiagonalStd(product), 0.4 / std::sqrt(kWidth),
              5 * 0.4 / std::sqrt(2) / std::pow(kWidth, 1.5));
  EXPECT_NEAR(product.mean().item<double>(), -0.4 / kWidth,
              5 * 0.4 / std::pow(kWidth, 1.5));
}

// The best approximation of rank 64 of 0.7 Z + 0.7 I [192, 192]: its largest
// singular values are those of the full matrix, and its diagonal is smaller.
TEST_F(Mimetic, QueriesTimesKeysHasRankHeadDim) {
  for (int64_t head = 0; head < 3; ++head) {
    const auto product = QueryKeyProduct(head);
    const auto values = at::linalg_svdvals(product);
    EXPECT_GT(values[kHeadDim - 1].item<double>(), 0.5);
    EXPECT_LT(values[kHeadDim].item<double>(), 1e-5);
    // The edge of the spectrum of 0.7 (Z + I): 0.7 sqrt(27) / 2 = 1.819.
    EXPECT_NEAR(values[0].item<double>(), 0.7 * std::sqrt(27.0) / 2, 0.1);
    const double diagonal = DiagonalMean(product);
    EXPECT_GT(diagonal, 0.25);
    EXPECT_LT(diagonal, 0.7);
  }
  EXPECT_FALSE(at::allclose(QueryKeyProduct(0), QueryKeyProduct(1)));
}

// The factors are balanced: W_Q^T W_Q and W_K W_K^T have the same spectrum.
TEST_F(Mimetic, SplitsSingularValuesEvenly) {
  const auto qkv = Get("blocks.2.attn.qkv.weight").view({3, kWidth, kWidth});
  const auto q = at::linalg_svdvals(qkv[0].narrow(0, 0, kHeadDim));
  const auto k = at::linalg_svdvals(qkv[1].narrow(0, 0, kHeadDim));
  EXPECT_TRUE(at::allclose(q, k, 1e-5, 1e-6));
}

TEST_F(Mimetic, PositionsAreSineCosine) {
  const auto positions = Get("pos_embed");
  EXPECT_EQ(positions.sizes(), (Shape{1, 197, kWidth}));
  EXPECT_EQ(positions[0][0].abs().max().item<double>(), 0);  // class token
  constexpr int64_t kQuarter = kWidth / 4;
  const auto patch = [&](int64_t x, int64_t y, int64_t channel) {
    return positions[0][1 + y * 14 + x][channel].item<double>();
  };
  EXPECT_NEAR(patch(3, 5, 0), std::sin(3.0), 1e-6);
  EXPECT_NEAR(patch(3, 5, kQuarter), std::cos(3.0), 1e-6);
  EXPECT_NEAR(patch(3, 5, 2 * kQuarter), std::sin(5.0), 1e-6);
  EXPECT_NEAR(patch(3, 5, 3 * kQuarter), std::cos(5.0), 1e-6);
  EXPECT_NEAR(patch(3, 5, kQuarter - 1), std::sin(3e-4), 1e-9);
}

TEST(MimeticPositions, AreOfRowsAndColumns) {
  VitConfig config;
  config.img_size = {32, 80};
  config.embed_dim = 24;
  config.num_heads = 3;
  const auto parameters = ParameterSpecs(config);
  const ParameterSpec& positions = Find(parameters, "pos_embed");
  const Init init = InitFor(config, positions, Initializer::kMimetic);
  EXPECT_EQ(init.rows, 2);
  EXPECT_EQ(model::InitFromJson(model::ToJson(init), "plan"), init);
  ASSERT_TRUE(model::CanDraw(init, positions.spec));
  EXPECT_FALSE(
      model::CanDraw({.kind = InitKind::kSinCos, .value = 1}, positions.spec));
  EXPECT_FALSE(model::CanDraw(
      {.kind = InitKind::kSinCos, .value = 1, .rows = 3}, positions.spec));
  const auto values = model::Draw(init, positions.spec, /*seed=*/0);
  const auto at = [&](size_t x, size_t y, size_t channel) {
    return values[(1 + y * 5 + x) * 24 + channel];
  };
  EXPECT_NEAR(at(4, 1, 0), std::sin(4.0), 1e-6);
  EXPECT_NEAR(at(4, 1, 6), std::cos(4.0), 1e-6);
  EXPECT_NEAR(at(4, 1, 12), std::sin(1.0), 1e-6);
}

TEST_F(Mimetic, InitialisesOtherParametersAsTimm) {
  const auto config = FindVariant("vit_tiny").config;
  for (const ParameterSpec& parameter : ParameterSpecs(config)) {
    if (parameter.component == Component::kPosEmbed) continue;
    if (parameter.spec.name.find("attn") != std::string::npos &&
        parameter.spec.shape.size() == 2) {
      continue;
    }
    EXPECT_EQ(InitFor(config, parameter, Initializer::kMimetic),
              InitFor(config, parameter, Initializer::kTimm))
        << parameter.spec.name;
  }
}

}  // namespace
}  // namespace wsel::nn
