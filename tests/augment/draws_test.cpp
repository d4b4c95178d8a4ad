// 20,000 draws of every parameter, compared to as many of timm's: two samples
// from the same distribution. Addresses are fixed, so each run has the same
// draws.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "augment/golden.h"
#include "augment/op_names.h"
#include "wsel/augment/erasing.h"
#include "wsel/augment/image_transforms.h"
#include "wsel/augment/mix.h"
#include "wsel/augment/rand_augment.h"

namespace wsel::augment {
namespace {

constexpr int kDraws = 20'000;

using Columns = std::map<std::string, std::vector<double>>;

std::vector<double> Histogram(const std::vector<double>& values,
                              const std::vector<double>& edges) {
  std::vector<double> counts(edges.size() + 1);
  for (const double value : values) {
    // As Python's bisect_left over sorted values: an edge starts its bin.
    const auto bin = std::ranges::upper_bound(edges, value) - edges.begin();
    ++counts[bin];
  }
  return counts;
}

// Pearson's statistic of two samples, minus its mean, in units of its standard
// deviation. Above 5 by chance: less than once in 10,000 parameters.
double Excess(const std::vector<double>& a, const std::vector<double>& b) {
  double total_a = 0;
  double total_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    total_a += a[i];
    total_b += b[i];
  }
  double sum = 0;
  int bins = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] + b[i] == 0) continue;
    const double difference = a[i] * std::sqrt(total_b / total_a) -
                              b[i] * std::sqrt(total_a / total_b);
    sum += difference * difference / (a[i] + b[i]);
    ++bins;
  }
  const double freedom = std::max(bins - 1, 1);
  return (sum - freedom) / std::sqrt(2 * freedom);
}

// Compares `columns` to all of timm's histograms under `prefix`.
void ExpectEqualsTimm(const std::string& prefix, const Columns& columns) {
  static const Json kTimmDraws = ReadGolden("draws.json")["draws"];
  int seen = 0;
  for (const auto& [name, histogram] : kTimmDraws.items()) {
    if (!name.starts_with(prefix + ".")) continue;
    ++seen;
    const auto column = columns.find(name.substr(prefix.size() + 1));
    ASSERT_NE(column, columns.end()) << name;
    const auto counts = Histogram(
        column->second, histogram["edges"].get<std::vector<double>>());
    EXPECT_LT(Excess(counts, histogram["counts"].get<std::vector<double>>()), 5)
        << name << ": " << testing::PrintToString(counts) << " against "
        << histogram["counts"];
  }
  EXPECT_GT(seen, 1) << prefix;
}

Columns CropDraws(const TrainTransformOptions& options, int width, int height) {
  Columns columns;
  for (int64_t i = 0; i < kDraws; ++i) {
    const auto draws = DrawTrain(options, width, height, {3, i % 7, i});
    columns["top"].push_back(draws.top);
    columns["left"].push_back(draws.left);
    columns["area"].push_back(static_cast<double>(draws.height) * draws.width /
                              (width * height));
    columns["aspect"].push_back(static_cast<double>(draws.width) /
                                draws.height);
  }
  return columns;
}

TEST(Draws, CropsEqualTimm) {
  ExpectEqualsTimm("crop", CropDraws({.rand_augment = ""}, 500, 375));
  ExpectEqualsTimm("small", CropDraws({.rand_augment = ""}, 32, 32));
  ExpectEqualsTimm(
      "long", CropDraws({.scale = {0.5, 1}, .rand_augment = ""}, 600, 100));
}

TEST(Draws, PaddedCropsEqualTorchvision) {
  Columns columns = CropDraws({.img_size = 32, .rand_augment = ""}, 32, 28);
  for (auto* column : {&columns["top"], &columns["left"]}) {
    for (double& value : *column) value += 4;
  }
  ExpectEqualsTimm("padded", columns);
}

TEST(Draws, FlipsAreFair) {
  int flips = 0;
  for (int64_t i = 0; i < kDraws; ++i) {
    flips += DrawTrain({.rand_augment = ""}, 8, 8, {3, 0, i}).flip ? 1 : 0;
  }
  EXPECT_NEAR(flips, kDraws / 2.0, 5 * std::sqrt(kDraws / 4.0));
}

// The index of an operation in timm's list.
int IndexOf(Op op) {
  static const std::vector<std::vector<Op>> kTimmOps = {
      {Op::kAutoContrast},
      {Op::kEqualize},
      {Op::kInvert},
      {Op::kRotate},
      {Op::kPosterize, Op::kPosterizeIncreasing},
      {Op::kSolarize, Op::kSolarizeIncreasing},
      {Op::kSolarizeAdd},
      {Op::kColor, Op::kColorIncreasing},
      {Op::kContrast, Op::kContrastIncreasing},
      {Op::kBrightness, Op::kBrightnessIncreasing},
      {Op::kSharpness, Op::kSharpnessIncreasing},
      {Op::kShearX},
      {Op::kShearY},
      {Op::kTranslateXRel},
      {Op::kTranslateYRel}};
  const auto found = std::ranges::find_if(kTimmOps, [&](const auto& ops) {
    return std::ranges::find(ops, op) != ops.end();
  });
  return static_cast<int>(found - kTimmOps.begin());
}

TEST(Draws, PoliciesEqualTimm) {
  for (const std::string name :
       {"rand-m9-mstd0.5-inc1", "rand-m7-n3-mstd101-p0.8", "rand"}) {
    const auto options = ParseRandAugment(name, "test");
    Columns columns;
    for (int64_t i = 0; i < kDraws; ++i) {
      const auto drawn = DrawRandAugment(options, {11, 1, i});
      columns["applied"].push_back(static_cast<double>(drawn.size()));
      for (const DrawnOp& op : drawn) {
        columns["op"].push_back(IndexOf(op.op));
        columns["magnitude"].push_back(op.magnitude);
        columns["value." + std::string(NameOf(op.op))].push_back(op.value);
      }
    }
    ExpectEqualsTimm(name, columns);
  }
}

void ExpectErasingEqualsTimm(const std::string& name, const HeightWidth& size) {
  Columns columns;
  for (int64_t i = 0; columns["top"].size() < kDraws; ++i) {
    const auto rect = DrawErasing({}, size, {5, 0, i});
    if (i < kDraws) columns["applied"].push_back(rect ? 1 : 0);
    if (!rect) continue;
    columns["top"].push_back(rect->top);
    columns["left"].push_back(rect->left);
    columns["area"].push_back(rect->height * rect->width /
                              static_cast<double>(size.Area()));
    columns["aspect"].push_back(static_cast<double>(rect->height) /
                                rect->width);
  }
  ExpectEqualsTimm(name, columns);
}

TEST(Draws, ErasedRectsEqualTimm) {
  ExpectErasingEqualsTimm("erasing", 224);
  ExpectErasingEqualsTimm("erasing-wide", {64, 160});
}

void ExpectMixEqualsTimm(const std::string& name, const MixOptions& options,
                         const HeightWidth& size = 224) {
  Columns columns;
  for (int64_t i = 0; i < kDraws; ++i) {
    const auto draw = DrawMix(options, size, 9, i / 8, i % 8);
    columns["cutmix"].push_back(draw.cutmix ? 1 : 0);
    // Counts CutMix with an empty box too.
    const bool mixed = draw.cutmix || draw.lambda != 1;
    columns["mixed"].push_back(mixed ? 1 : 0);
    if (!mixed) continue;
    if (!draw.cutmix) {
      columns["lambda"].push_back(draw.lambda);
      continue;
    }
    columns["corrected"].push_back(draw.lambda);
    columns["top"].push_back(draw.top);
    columns["bottom"].push_back(draw.bottom);
    columns["left"].push_back(draw.left);
    columns["right"].push_back(draw.right);
  }
  ExpectEqualsTimm(name, columns);
}

TEST(Draws, MixesEqualTimm) {
  ExpectMixEqualsTimm("mix", {});
  ExpectMixEqualsTimm(
      "mixup", {.mixup_alpha = 0.3, .cutmix_alpha = 0, .probability = 0.7});
  ExpectMixEqualsTimm("strong", {.mixup_alpha = 2.5, .cutmix_alpha = 0});
  ExpectMixEqualsTimm("cutmix", {.mixup_alpha = 0, .cutmix_alpha = 0.5});
  ExpectMixEqualsTimm("cutmix-wide", {.mixup_alpha = 0}, {64, 160});
  ExpectMixEqualsTimm(
      "seldom",
      {.mixup_alpha = 1, .cutmix_alpha = 0.3, .switch_probability = 0.2});
}

}  // namespace
}  // namespace wsel::augment
