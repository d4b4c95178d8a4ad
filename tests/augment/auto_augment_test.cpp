// AutoAugment, TrivialAugmentWide, 3-Augment and colour jitter, compared to
// timm and torchvision.

#include "wsel/augment/auto_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "augment/golden.h"
#include "augment/op_names.h"
#include "image/test_image.h"
#include "throws.h"
#include "wsel/augment/image_transforms.h"

namespace wsel::augment {
namespace {

constexpr image::Rgb kFill = {124, 116, 104};

image::Image PlainImage(const Json& size) {
  return image::TestImage("plain", size[0], size[1]);
}

image::Image Apply(image::Image image, const std::vector<DrawnOp>& ops,
                   image::Interpolation interpolation, image::Rgb fill) {
  for (const DrawnOp& op : ops) {
    image = ApplyOp(image, op, interpolation, fill);
  }
  return image;
}

TEST(AutoAugment, PoliciesEqualTimm) {
  const Json policies = ReadGolden("auto_augment.json")["policies"];
  for (const char* name : {"original", "originalr", "v0", "v0r"}) {
    const Json& expected = policies[name];
    const auto options = ParseAutoAugment(name, "test");
    EXPECT_EQ(options.magnitude_std, 0);
    ASSERT_EQ(options.sub_policies.size(), expected.size()) << name;
    for (size_t i = 0; i < expected.size(); ++i) {
      for (size_t j = 0; j < 2; ++j) {
        const PolicyOp& op = options.sub_policies[i][j];
        EXPECT_EQ(NameOf(op.op), expected[i][j][0].get<std::string>());
        EXPECT_EQ(op.probability, expected[i][j][1].get<double>());
        EXPECT_EQ(op.magnitude, expected[i][j][2].get<double>());
      }
    }
  }
}

TEST(AutoAugment, OperationsEqualTimm) {
  const Json golden = ReadGolden("auto_augment.json");
  ASSERT_GT(golden["operations"].size(), 100U);
  for (const Json& row : golden["operations"]) {
    const Op op = OpOf(row[1].get<std::string>());
    const double magnitude = row[2];
    const double value = ArgumentOf(op, magnitude, false);
    EXPECT_EQ(value, row[3].get<double>()) << row;
    EXPECT_EQ(image::Digest(ApplyOp(PlainImage(row[0]), {op, magnitude, value},
                                    image::Interpolation::kBicubic, kFill)),
              row[4])
        << row;
  }
  ASSERT_GT(golden["given"].size(), 300U);
  for (const Json& row : golden["given"]) {
    const auto image = image::TestImage(row[0], row[1][0], row[1][1]);
    const Op op = OpOf(row[2].get<std::string>());
    EXPECT_EQ(image::Digest(ApplyOp(image, {op, 0, row[3].get<double>()},
                                    image::Interpolation::kBicubic, kFill)),
              row[4])
        << row;
  }
}

TEST(AutoAugment, TrivialAugmentEqualsTorchvision) {
  const Json rows = ReadGolden("auto_augment.json")["trivial"];
  ASSERT_GT(rows.size(), 1000U);
  for (const Json& row : rows) {
    const auto ops = TrivialOp(row[0], row[1], row[2]);
    EXPECT_EQ(image::Digest(Apply(PlainImage(row[3]), ops,
                                  image::Interpolation::kNearest, {})),
              row[4])
        << row;
  }
}

TEST(AutoAugment, ColorJitterEqualsTorchvision) {
  const Json rows = ReadGolden("auto_augment.json")["jitters"];
  ASSERT_EQ(rows.size(), 20U);
  for (const Json& row : rows) {
    std::vector<DrawnOp> ops;
    for (const Json& op : row[0]) {
      ops.push_back({OpOf(op[0].get<std::string>()), 0, op[1].get<double>()});
    }
    EXPECT_EQ(image::Digest(Apply(image::TestImage("plain", 61, 47), ops,
                                  image::Interpolation::kBicubic, kFill)),
              row[1])
        << row;
  }
}

// The order of the parts: vertical flip, 3-Augment, colour jitter.
TEST(AutoAugment, WholeTransformEqualsTimm) {
  const std::vector<DrawnOp> choices = {
      {Op::kSolarize, 5, ArgumentOf(Op::kSolarize, 5, false)},
      {Op::kDesaturate, 10, ArgumentOf(Op::kDesaturate, 10, false)},
      {Op::kGaussianBlur, 10, 1.5}};
  const TrainTransformOptions options{.img_size = 48, .rand_augment = "3a"};
  const Json golden = ReadGolden("auto_augment.json");
  for (const Json& row : golden.at("whole")) {
    TrainDraws draws{0, 0, 48, 48, false, {}};
    draws.vflip = true;
    draws.ops = {choices[row[0].get<size_t>()],
                 {Op::kColor, 0, 1.1},
                 {Op::kBrightness, 0, 1.25},
                 {Op::kContrast, 0, 0.75}};
    image::Image out(48, 48);
    ApplyTrain(image::TestImage("plain", 48, 48), options, draws, out.bytes());
    EXPECT_EQ(image::Digest(out), row[1]) << row;
  }
}

// Of 20,000 draws, within five standard deviations.
void ExpectShare(int count, double probability) {
  constexpr double kDraws = 20'000;
  EXPECT_NEAR(count, kDraws * probability,
              5 * std::sqrt(kDraws * probability * (1 - probability)));
}

TEST(AutoAugment, DrawsHaveThePoliciesProbabilities) {
  std::map<Op, int> counts;
  double magnitudes = 0;
  for (int64_t i = 0; i < 20'000; ++i) {
    for (const DrawnOp& op : DrawPolicy("original-mstd0.5", {4, 0, i})) {
      ++counts[op.op];
      if (op.op == Op::kSharpness) magnitudes += op.magnitude;
    }
  }
  // Sharpness is in one of 25 sub-policies, with probability 0.4; Contrast in
  // two, always.
  ExpectShare(counts[Op::kSharpness], 0.4 / 25);
  ExpectShare(counts[Op::kContrast], 2.0 / 25);
  EXPECT_NEAR(magnitudes / counts[Op::kSharpness], 7, 0.15);
}

TEST(AutoAugment, ThreeAugmentDrawsOneOfThree) {
  std::map<Op, int> counts;
  double smallest = 9;
  double largest = 0;
  for (int64_t i = 0; i < 20'000; ++i) {
    const auto ops = DrawPolicy("3a", {4, 0, i});
    ASSERT_EQ(ops.size(), 1U);
    ++counts[ops[0].op];
    if (ops[0].op != Op::kGaussianBlur) continue;
    smallest = std::min(smallest, ops[0].value);
    largest = std::max(largest, ops[0].value);
  }
  for (const Op op : {Op::kSolarize, Op::kDesaturate, Op::kGaussianBlur}) {
    ExpectShare(counts[op], 1.0 / 3);
  }
  EXPECT_GE(smallest, 0.1);
  EXPECT_LT(smallest, 0.11);
  EXPECT_LE(largest, 2);
  EXPECT_GT(largest, 1.99);
}

TEST(AutoAugment, TrivialAugmentDrawsAllOperations) {
  std::map<Op, int> counts;
  int none = 0;
  for (int64_t i = 0; i < 20'000; ++i) {
    const auto ops = DrawPolicy("ta_wide", {4, 0, i});
    if (ops.empty()) {
      ++none;
    } else {
      ++counts[ops[0].op];
    }
  }
  EXPECT_EQ(counts.size(), 13U);
  ExpectShare(none, 1.0 / 14);
  for (const auto& [op, count] : counts) ExpectShare(count, 1.0 / 14);
}

TEST(AutoAugment, ColorJitterDrawsFactorsInAnyOrder) {
  std::map<Op, int> first;
  for (int64_t i = 0; i < 20'000; ++i) {
    const auto ops = DrawColorJitter(1.5, 0.1, {4, 0, i});
    ASSERT_EQ(ops.size(), 4U);
    ++first[ops[0].op];
    for (const DrawnOp& op : ops) {
      const bool hue = op.op == Op::kHue;
      EXPECT_GE(op.value, hue ? -0.1 : 0);
      EXPECT_LE(op.value, hue ? 0.1 : 2.5);
    }
  }
  for (const auto& [op, count] : first) ExpectShare(count, 0.25);
  EXPECT_EQ(DrawColorJitter(0.4, 0, {4, 0, 1}).size(), 3U);
  EXPECT_EQ(DrawColorJitter(0, 0.1, {4, 0, 1}).size(), 1U);
}

TEST(AutoAugment, DrawsDependOnTheAddressAlone) {
  const auto draws = [](int64_t epoch) {
    const TrainTransformOptions options{
        .vflip = 0.5, .rand_augment = "ta_wide", .color_jitter = 0.4};
    return DrawTrain(options, 64, 64, {1, epoch, 5});
  };
  ASSERT_GE(draws(0).ops.size(), 3U);
  EXPECT_EQ(draws(0).ops.back().value, draws(0).ops.back().value);
  EXPECT_NE(draws(0).ops.back().value, draws(1).ops.back().value);
}

TEST(AutoAugment, NamesAreChecked) {
  for (const char* name : {"", "rand-m5", "original", "v0r-mstd0.5", "3a",
                           "originalr", "ta_wide"}) {
    ValidatePolicy(name, "augment.rand_augment");
  }
  for (const char* name : {"v1", "original-m9", "original-mstd", "v0-mstdnan",
                           "v0-mstd-1", "3a-mstd1", "ta", "augmix-m3"}) {
    ExpectError(
        [&] { ValidatePolicy(name, "augment.rand_augment"); },
        ErrorKind::kConfig,
        {"augment.rand_augment", std::string("'") + name + "'", "ta_wide"});
  }
  const auto expect_error = [](const TrainTransformOptions& options,
                               const char* message) {
    ExpectError([&] { Validate(options, "augment"); }, ErrorKind::kConfig,
                {message});
  };
  expect_error({.vflip = 1.5}, "augment.vflip: 1.5 is not in 0 ... 1");
  expect_error({.color_jitter = -0.1}, "augment.color_jitter");
  expect_error({.hue = 0.6}, "augment.hue: 0.6 is not in 0 ... 0.5");
}

}  // namespace
}  // namespace wsel::augment
