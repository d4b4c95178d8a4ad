#include "wsel/data/subset.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "data/image_files.h"
#include "throws.h"
#include "wsel/data/cache.h"
#include "wsel/data/check_dataset.h"
#include "wsel/image/geometry.h"

namespace wsel::data {
namespace {

using testing::ElementsAre;

// `counts[c]` samples of class c, one after the other; sample i is i pixels
// wide and named i.
Dataset Numbered(const std::vector<int>& counts) {
  Dataset set;
  set.name = "numbered";
  for (size_t c = 0; c < counts.size(); ++c) {
    set.classes.push_back("class " +
                          std::string(1, static_cast<char>('a' + c)));
    set.labels.insert(set.labels.end(), counts[c], static_cast<int32_t>(c));
  }
  set.image = [](int64_t i) { return image::Image(static_cast<int>(i), 1); };
  set.filename = [](int64_t i) { return std::to_string(i); };
  return set;
}

std::vector<std::string> Filenames(const Dataset& set) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < set.size(); ++i) names.push_back(set.filename(i));
  return names;
}

std::vector<int64_t> Counts(const Dataset& set) {
  std::vector<int64_t> counts(set.classes.size());
  for (const int32_t label : set.labels) ++counts[label];
  return counts;
}

Dataset Take(const Dataset& set, int64_t count, uint64_t seed = 0) {
  return Subset(set, {.count = count}, seed);
}

TEST(SubsetAfter, HasTheNextSamplesOfTheOrder) {
  const Dataset all = Numbered({20, 20, 20});
  const auto both = Filenames(Take(all, 15, 7));
  auto parts = Filenames(Take(all, 12, 7));
  const Dataset after = SubsetAfter(all, 12, 3, 7);
  EXPECT_THAT(Counts(after), ElementsAre(1, 1, 1));
  for (const std::string& name : Filenames(after)) parts.push_back(name);
  EXPECT_THAT(parts, testing::UnorderedElementsAreArray(both));
  ExpectError([&] { SubsetAfter(all, 58, 3, 7); }, ErrorKind::kConfig,
              {"has 60 images, too few for 3 after 58"});
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
      const int64_t index = std::stoll(part.filename(i));
      EXPECT_EQ(part.image(i).width(), index);
      EXPECT_EQ(part.labels[i], all.labels[index]);
      if (i > 0) {
        EXPECT_LT(std::stoll(part.filename(i - 1)), index);
      }
    }
    const auto names = Filenames(part);
    const std::set<std::string> now(names.begin(), names.end());
    EXPECT_TRUE(
        std::includes(now.begin(), now.end(), before.begin(), before.end()));
    before = now;
  }
}

TEST(Subset, DependsOnTheSeed) {
  const Dataset all = Numbered({50, 50});
  EXPECT_EQ(Filenames(Take(all, 20, 1)), Filenames(Take(all, 20, 1)));
  EXPECT_NE(Filenames(Take(all, 20, 1)), Filenames(Take(all, 20, 2)));
}

TEST(Subset, LargeClassesFillUpForSmallOnes) {
  const Dataset part = Take(Numbered({2, 30, 30}), 30);
  EXPECT_THAT(Counts(part), ElementsAre(2, 14, 14));
  EXPECT_EQ(part.name,
            "numbered, 30 of 62 (1 of 3 classes have less than their share)");
  EXPECT_EQ(Take(Numbered({10, 10}), 4).name, "numbered, 4 of 20");
}

// Counts equal n * size / all to one half; no smaller subset has other images.
TEST(ProportionalSubset, KeepsTheProportionsAndIsNested) {
  const std::vector<int> sizes = {124, 50, 26};
  const Dataset all = Numbered(sizes);
  std::set<std::string> before;
  for (int64_t count = 1; count <= all.size(); ++count) {
    const Dataset part = ProportionalSubset(all, {.count = count}, 7);
    ASSERT_EQ(part.size(), count);
    const auto counts = Counts(part);
    for (size_t c = 0; c < sizes.size(); ++c) {
      EXPECT_NEAR(static_cast<double>(counts[c]),
                  sizes[c] * static_cast<double>(count) / 200, 1)
          << count;
    }
    const auto names = Filenames(part);
    const std::set<std::string> now(names.begin(), names.end());
    EXPECT_TRUE(
        std::includes(now.begin(), now.end(), before.begin(), before.end()));
    before = now;
  }
  EXPECT_THAT(Counts(ProportionalSubset(all, {.count = 100}, 0)),
              ElementsAre(62, 25, 13));
}

// Subsets of CIFAR remain those of older versions.
TEST(ProportionalSubset, OfEqualClassesIsTheBalancedOne) {
  const Dataset all = Numbered({20, 20, 20});
  for (int64_t count = 1; count <= all.size(); ++count) {
    EXPECT_EQ(Filenames(ProportionalSubset(all, {.count = count}, 5)),
              Filenames(Take(all, count, 5)));
  }
}

TEST(ProportionalSubset, NamesHowManyClassesItLacks) {
  EXPECT_EQ(ProportionalSubset(Numbered({2, 40}), {.count = 4}, 0).name,
            "numbered, 4 of 42 (1 of 2 classes have none)");
  EXPECT_EQ(ProportionalSubset(Numbered({20, 40, 0}), {.count = 6}, 0).name,
            "numbered, 6 of 60");
  ExpectError([] { ProportionalSubset(Numbered({2}), {.count = 3}, 0); },
              ErrorKind::kConfig, {"has 2 images"});
}

TEST(WithMoreClasses, RelabelsByName) {
  const Dataset part =
      WithMoreClasses(Numbered({1, 1}), {"class b", "class x", "class a"});
  EXPECT_THAT(part.classes, ElementsAre("class b", "class x", "class a"));
  EXPECT_THAT(part.labels, ElementsAre(2, 0));
  ExpectError(
      [] {
        WithMoreClasses(Numbered({1, 1}), {"class a"});
      },
      ErrorKind::kConfig, {"class b"});
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
                {"subset", "is not a subset size"});
  }
}

TEST(Subset, RejectsMoreThanTheDataSet) {
  ExpectError(
      [] {
        Take(Numbered({2, 3}), 6);
      },
      ErrorKind::kConfig, {"numbered", "has 5 images", "subset of 6"});
}

TEST(OnlyClasses, RelabelsInTheOrderOfTheNames) {
  const Dataset part = OnlyClasses(Numbered({1, 2, 2}), {"class c", "class a"});
  EXPECT_THAT(part.classes, ElementsAre("class c", "class a"));
  EXPECT_THAT(part.labels, ElementsAre(1, 0, 0));
  EXPECT_THAT(Filenames(part), ElementsAre("0", "3", "4"));
}

TEST(OnlyClasses, RejectsUnknownAndRepeatedNames) {
  const Dataset set = Numbered({1, 1, 0});
  const auto expect_error = [&](const std::vector<std::string>& names,
                                const std::string& message) {
    ExpectError([&] { OnlyClasses(set, names); }, ErrorKind::kConfig,
                {message});
  };
  expect_error({"clas a"}, "did you mean 'class a'?");
  expect_error({"class a", "class a"}, "is repeated");
  expect_error({}, "no classes are given");
  expect_error({"class c"}, "no images of these classes");
}

TEST(Range, IsHalfOpenAndInside) {
  const Dataset set = Numbered({3, 3});
  EXPECT_THAT(Filenames(Range(set, 2, 4)), ElementsAre("2", "3"));
  for (const auto& range :
       std::vector<std::pair<int, int>>{{-1, 2}, {2, 2}, {3, 2}, {0, 7}}) {
    ExpectError([&] { Range(set, range.first, range.second); },
                ErrorKind::kConfig, {"has 6 images"});
  }
}

TEST(EvenlySpaced, HasAllClassesOfADataSetInTheirOrder) {
  const Dataset set = Numbered({4, 4, 2});
  EXPECT_THAT(Filenames(EvenlySpaced(set, 4)), ElementsAre("0", "2", "5", "7"));
  EXPECT_THAT(EvenlySpaced(set, 5).labels, ElementsAre(0, 0, 1, 1, 2));
  EXPECT_EQ(EvenlySpaced(set, 10).size(), 10);
}

TEST(CachedInMemory, DecodesOnceUntilFull) {
  Dataset set = Numbered({4});
  std::vector<int> decoded(4);
  set.image = [&](int64_t i) {
    ++decoded[static_cast<size_t>(i)];
    return image::Image(10, 10, {static_cast<uint8_t>(i), 0, 0});
  };
  const size_t max_bytes = 2 * (300 + sizeof(image::Image));
  const Dataset cached = CachedInMemory(set, max_bytes);
  for (int round = 0; round < 3; ++round) {
    for (int64_t i = 0; i < 4; ++i) {
      EXPECT_EQ(cached.image(i).bytes()[0], i);
    }
  }
  EXPECT_THAT(decoded, ElementsAre(1, 1, 3, 3));
}

// The first image fits; of the others only the window is decoded.
TEST(CachedInMemory, DecodesWindowsOnceItIsFull) {
  const Dataset files = DatasetOfFiles(
      "parts", {"a"},
      std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/image/parts",
      {{"411.jpg", "420.jpg", "444.jpg"}, {0, 0, 0}});
  const image::NeededWindow needed = [](image::Size) {
    return image::Window{70, 50, 10, 10};
  };
  const size_t max_bytes = size_t{3} * 150 * 101 + sizeof(image::Image);
  const Dataset cached = CachedInMemory(files, max_bytes);
  for (int round = 0; round < 2; ++round) {
    for (int64_t i = 0; i < 3; ++i) {
      const image::Image found = ImageWithWindow(cached.image, i, needed);
      const image::Image whole = files.image(i);
      EXPECT_EQ(image::Crop(found, 70, 50, 10, 10),
                image::Crop(whole, 70, 50, 10, 10));
      // The second finds out that the cache is full.
      EXPECT_EQ(found == whole,
                i == 0 || (round == 0 && i == 1) || !image::DecodesWindows());
      EXPECT_EQ(cached.image(i), whole);
    }
  }
}

TEST(Check, NamesCorruptImagesInOrder) {
  Dataset set = Numbered({5, 3});
  set.image = [](int64_t i) -> image::Image {
    if (i % 3 == 1) {
      throw Error(ErrorKind::kFormat, "file " + std::to_string(i),
                  "is corrupt");
    }
    return image::Image(10 + static_cast<int>(i), 4);
  };
  std::vector<int64_t> progress;
  const CheckReport report =
      Check(set, 3, [&](int64_t done) { progress.push_back(done); });
  ASSERT_EQ(report.corrupt.size(), 3U);
  EXPECT_EQ(report.corrupt[0].text, "file 1: is corrupt");
  EXPECT_EQ(report.corrupt[2].text, "file 7: is corrupt");
  EXPECT_THAT(report.per_class, ElementsAre(5, 3));
  EXPECT_EQ(report.min_width, 10);
  EXPECT_EQ(report.max_width, 16);
  EXPECT_EQ(report.max_height, 4);
  EXPECT_THAT(progress, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

// They can be decoded, but every evaluation would fail.
TEST(Check, NamesImagesTooElongatedToEvaluate) {
  Dataset set = Numbered({2});
  set.image = [](int64_t i) { return image::Image(1, i == 0 ? 4000 : 4200); };
  const CheckReport report = Check(set, 1);
  ASSERT_EQ(report.corrupt.size(), 1U);
  EXPECT_THAT(report.corrupt[0].text,
              testing::AllOf(testing::StartsWith(set.filename(1)),
                             testing::HasSubstr("1 x 4200 pixels cannot be "
                                                "resized to 256")));
}

TEST(Check, ReportsCountMismatches) {
  const Dataset set = Numbered({5, 3});
  EXPECT_THAT(CountMismatches(FindDataset("cifar10", ""), Split::kTest, set),
              ElementsAre("found 2 classes, expected 10",
                          "found 8 images, expected 10000"));
  EXPECT_THAT(CountMismatches(FindDataset("folder", ""), Split::kTest, set),
              testing::IsEmpty());
}

TEST(DatasetRegistry, FindsNamesAndAliases) {
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
