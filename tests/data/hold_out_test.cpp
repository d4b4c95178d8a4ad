#include "wsel/data/hold_out.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "throws.h"

namespace wsel::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// `counts[c]` samples of class c; sample i is named i.
Dataset Numbered(const std::vector<int>& counts) {
  Dataset set;
  set.name = "numbered";
  for (size_t c = 0; c < counts.size(); ++c) {
    set.classes.push_back(std::to_string(c));
    set.labels.insert(set.labels.end(), static_cast<size_t>(counts[c]),
                      static_cast<int32_t>(c));
  }
  set.image = [](int64_t i) { return image::Image(static_cast<int>(i), 1); };
  set.filename = [](int64_t i) { return std::to_string(i); };
  return set;
}

std::vector<int64_t> Indices(const Dataset& set) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < set.size(); ++i) {
    indices.push_back(std::stoll(set.filename(i)));
  }
  return indices;
}

std::vector<int64_t> Counts(const Dataset& set) {
  std::vector<int64_t> counts(set.classes.size());
  for (const int32_t label : set.labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

TEST(HoldOut, PartsTheSamplesInProportion) {
  const Dataset all = Numbered({620, 250, 130});
  const HeldOut parts = HoldOut(all, 0.1, 3);
  EXPECT_THAT(Counts(parts.validation), ElementsAre(62, 25, 13));
  EXPECT_THAT(Counts(parts.train), ElementsAre(558, 225, 117));
  EXPECT_EQ(parts.validation.name, "numbered, 100 of 1000 held out");
  auto both = Indices(parts.train);
  EXPECT_TRUE(std::ranges::is_sorted(both));
  const auto held = Indices(parts.validation);
  EXPECT_TRUE(std::ranges::is_sorted(held));
  both.insert(both.end(), held.begin(), held.end());
  std::ranges::sort(both);
  ASSERT_EQ(both.size(), 1000U);
  for (int64_t i = 0; i < 1000; ++i) EXPECT_EQ(both[static_cast<size_t>(i)], i);
  EXPECT_EQ(parts.validation.image(0).width(), held[0]);
  EXPECT_EQ(parts.train.classes, all.classes);
}

TEST(HoldOut, IsAFunctionOfTheSeed) {
  const Dataset all = Numbered({50, 50});
  const auto held = [&](uint64_t seed) {
    return Indices(HoldOut(all, 0.2, seed).validation);
  };
  EXPECT_EQ(held(1), held(1));
  EXPECT_NE(held(1), held(2));
}

TEST(HoldOut, EachClassKeepsAnImageToTrainOn) {
  const HeldOut parts = HoldOut(Numbered({1, 2, 7}), 0.9, 0);
  EXPECT_THAT(Counts(parts.train), ElementsAre(1, 1, 1));
  EXPECT_THAT(Counts(parts.validation), ElementsAre(0, 1, 6));
  EXPECT_THAT(parts.validation.name, HasSubstr("(1 of 3 classes have none)"));
}

TEST(HoldOut, DrawsAtLeastOneImageOrFails) {
  EXPECT_EQ(HoldOut(Numbered({3, 3}), 0.01, 0).validation.size(), 1);
  ExpectError(
      [] {
        HoldOut(Numbered({1, 1}), 0.5, 0);
      },
      ErrorKind::kConfig,
      {"data.val_split", "no image to validate on", "2 images"});
  for (const double fraction : {0.0, 1.0, -0.1, 2.0}) {
    ExpectError([&] { HoldOut(Numbered({9}), fraction, 0); },
                ErrorKind::kConfig, {"data.val_split"});
  }
}

}  // namespace
}  // namespace wsel::data
