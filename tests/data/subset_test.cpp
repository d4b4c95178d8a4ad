#include "wsel/data/subset.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "throws.h"
#include "wsel/data/cache.h"
#include "wsel/data/check.h"

namespace wsel::data {
namespace {

using testing::ElementsAre;

// `counts[c]` samples of class c, one after the other; sample i is i pixels
// wide, and says so.
Dataset Numbered(const std::vector<int>& counts) {
  Dataset set;
  set.name = "numbered";
  for (size_t c = 0; c < counts.size(); ++c) {
    set.classes.push_back("class " +
                          std::string(1, static_cast<char>('a' + c)));
    set.labels.insert(set.labels.end(), counts[c], static_cast<int32_t>(c));
  }
  set.picture = [](int64_t i) { return image::Image(static_cast<int>(i), 1); };
  set.origin = [](int64_t i) { return std::to_string(i); };
  return set;
}

std::vector<std::string> Origins(const Dataset& set) {
  std::vector<std::string> origins;
  for (int64_t i = 0; i < set.size(); ++i) origins.push_back(set.origin(i));
  return origins;
}

std::vector<int64_t> Counts(const Dataset& set) {
  std::vector<int64_t> counts(set.classes.size());
  for (const int32_t label : set.labels) ++counts[label];
  return counts;
}

Dataset Take(const Dataset& set, int64_t count, uint64_t seed = 0) {
  return Subset(set, {.count = count}, seed);
}

TEST(Subset, IsBalancedOrderedAndNested) {
  const Dataset all = Numbered({20, 20, 20});
  std::set<std::string> before;
  for (int64_t count = 1; count <= all.size(); ++count) {
    const Dataset part = Take(all, count, 7);
    ASSERT_EQ(part.size(), count);
    const auto counts = Counts(part);
    EXPECT_LE(*std::max_element(counts.begin(), counts.end()) -
                  *std::min_element(counts.begin(), counts.end()),
              1);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t index = std::stoll(part.origin(i));
      EXPECT_EQ(part.picture(i).width(), index);
      EXPECT_EQ(part.labels[i], all.labels[index]);
      if (i > 0) {
        EXPECT_LT(std::stoll(part.origin(i - 1)), index);
      }
    }
    const auto origins = Origins(part);
    const std::set<std::string> now(origins.begin(), origins.end());
    EXPECT_TRUE(
        std::includes(now.begin(), now.end(), before.begin(), before.end()));
    before = now;
  }
}

TEST(Subset, FollowsItsSeed) {
  const Dataset all = Numbered({50, 50});
  EXPECT_EQ(Origins(Take(all, 20, 1)), Origins(Take(all, 20, 1)));
  EXPECT_NE(Origins(Take(all, 20, 1)), Origins(Take(all, 20, 2)));
}

TEST(Subset, OtherClassesFillUpForSmallOnesAndTheNameSaysSo) {
  const Dataset part = Take(Numbered({2, 30, 30}), 30);
  EXPECT_THAT(Counts(part), ElementsAre(2, 14, 14));
  EXPECT_EQ(part.name,
            "numbered, 30 of 62 (1 of 3 classes have less than their share)");
  EXPECT_EQ(Take(Numbered({10, 10}), 4).name, "numbered, 4 of 20");
}

TEST(Subset, SizesAreNumbersFractionsAndPercentages) {
  EXPECT_EQ(ParseSubset("500").Of(60'000), 500);
  EXPECT_EQ(ParseSubset("1").Of(60'000), 1);
  EXPECT_EQ(ParseSubset("0.1").Of(60'000), 6'000);
  EXPECT_EQ(ParseSubset("1.0").Of(60'000), 60'000);
  EXPECT_EQ(ParseSubset("12.5%").Of(1'000), 125);
  EXPECT_EQ(ParseSubset("0.001%").Of(10), 1);
  for (const char* text : {"", "0", "-1", "1.5", "0.0", "101%", "%", "5x",
                           "1e3", "nan", "0.1.2", "99999999999999999999"}) {
    ExpectError([&] { ParseSubset(text); }, ErrorKind::kUsage,
                {"--subset", "is no subset"});
  }
}

TEST(Subset, MoreThanThereIsIsRefused) {
  ExpectError(
      [] {
        Take(Numbered({2, 3}), 6);
      },
      ErrorKind::kConfig, {"numbered", "has 5 pictures", "subset of 6"});
}

TEST(OnlyClasses, RelabelsInTheOrderOfTheNames) {
  const Dataset part = OnlyClasses(Numbered({1, 2, 2}), {"class c", "class a"});
  EXPECT_THAT(part.classes, ElementsAre("class c", "class a"));
  EXPECT_THAT(part.labels, ElementsAre(1, 0, 0));
  EXPECT_THAT(Origins(part), ElementsAre("0", "3", "4"));
}

TEST(OnlyClasses, RefusesUnknownAndRepeatedNames) {
  const Dataset set = Numbered({1, 1, 0});
  const auto refused = [&](const std::vector<std::string>& names,
                           const std::string& message) {
    ExpectError([&] { OnlyClasses(set, names); }, ErrorKind::kConfig,
                {message});
  };
  refused({"clas a"}, "did you mean 'class a'?");
  refused({"class a", "class a"}, "named twice");
  refused({}, "no classes are named");
  refused({"class c"}, "no pictures of these classes");
}

TEST(Range, IsHalfOpenAndInside) {
  const Dataset set = Numbered({3, 3});
  EXPECT_THAT(Origins(Range(set, 2, 4)), ElementsAre("2", "3"));
  for (const auto& [first, end] :
       std::vector<std::pair<int, int>>{{-1, 2}, {2, 2}, {3, 2}, {0, 7}}) {
    ExpectError([&] { Range(set, first, end); }, ErrorKind::kConfig,
                {"has 6 pictures"});
  }
}

TEST(Cached, DecodesOnceWhileThereIsRoom) {
  Dataset set = Numbered({4});
  std::vector<int> decoded(4);
  set.picture = [&](int64_t i) {
    ++decoded[static_cast<size_t>(i)];
    return image::Image(10, 10, {static_cast<uint8_t>(i), 0, 0});
  };
  const size_t room = 2 * (300 + sizeof(image::Image));
  const Dataset cached = Cached(set, room);
  for (int round = 0; round < 3; ++round) {
    for (int64_t i = 0; i < 4; ++i) {
      EXPECT_EQ(cached.picture(i).bytes()[0], i);
    }
  }
  EXPECT_THAT(decoded, ElementsAre(1, 1, 3, 3));
}

TEST(Check, NamesBrokenPicturesInOrder) {
  Dataset set = Numbered({5, 3});
  set.picture = [](int64_t i) -> image::Image {
    if (i % 3 == 1) {
      throw Error(ErrorKind::kFormat, "file " + std::to_string(i), "is broken");
    }
    return image::Image(10 + static_cast<int>(i), 4);
  };
  std::vector<int64_t> progress;
  const CheckReport report =
      Check(set, 3, [&](int64_t done) { progress.push_back(done); });
  ASSERT_EQ(report.broken.size(), 3U);
  EXPECT_EQ(report.broken[0].text, "file 1: is broken");
  EXPECT_EQ(report.broken[2].text, "file 7: is broken");
  EXPECT_THAT(report.per_class, ElementsAre(5, 3));
  EXPECT_EQ(report.min_width, 10);
  EXPECT_EQ(report.max_width, 16);
  EXPECT_EQ(report.max_height, 4);
  EXPECT_THAT(progress, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(Check, CountsAreComparedWithTheTable) {
  const Dataset set = Numbered({5, 3});
  EXPECT_THAT(Unusual(FindDataset("cifar10", ""), Split::kTest, set),
              ElementsAre("2 classes are here; the whole set has 10",
                          "8 pictures are here; the whole set has 10000"));
  EXPECT_THAT(Unusual(FindDataset("folder", ""), Split::kTest, set),
              testing::IsEmpty());
}

TEST(Table, NamesAndAliasesAreFound) {
  EXPECT_EQ(FindDataset("CIFAR-10", "").name, "cifar10");
  EXPECT_EQ(FindDataset("imagenet", "").name, "imagenet1k");
  EXPECT_EQ(FindDataset("Fashion MNIST", "").name, "fashion_mnist");
  ExpectError([] { FindDataset("cifar1000", "--dataset"); }, ErrorKind::kUsage,
              {"--dataset", "did you mean 'cifar100'?"});
  ExpectError([] { FindDataset("", "data.name", ErrorKind::kConfig); },
              ErrorKind::kConfig, {"data.name"});
}

}  // namespace
}  // namespace wsel::data
