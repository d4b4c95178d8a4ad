#include "wsel/session/open_splits.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "throws.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

void Fill(const fs::path& folder, int count) {
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    std::ofstream(folder / (std::to_string(i) + ".jpg")) << "not an image";
  }
}

std::vector<int64_t> Counts(const data::Dataset& set) {
  std::vector<int64_t> counts(set.classes.size());
  for (const int32_t label : set.labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

std::set<std::string> Filenames(const data::Dataset& set) {
  std::set<std::string> names;
  for (int64_t i = 0; i < set.size(); ++i) names.insert(set.filename(i));
  return names;
}

// A training folder of 40 and 20 images.
class OpenSplitsOfFolders : public testing::Test {
 protected:
  OpenSplitsOfFolders() {
    Fill(root_ / "train/a", 40);
    Fill(root_ / "train/b", 20);
    options_.name = "folder";
    options_.root = root_.path().string();
  }

  TempFolder root_;
  data::DataOptions options_;
};

TEST_F(OpenSplitsOfFolders, ATrainingFolderAloneIsSplit) {
  ResolveValSplit(options_);
  EXPECT_EQ(options_.val_split, 0.1);
  const DataSplits splits = OpenSplits(options_);
  EXPECT_THAT(Counts(splits.train), ElementsAre(36, 18));
  ASSERT_TRUE(splits.val);
  EXPECT_THAT(Counts(*splits.val), ElementsAre(4, 2));
  EXPECT_EQ(splits.test.size(), 0);
  // What the run validated on is what eval evaluates.
  EXPECT_EQ(Filenames(OpenTestSplit(options_)), Filenames(*splits.val));
  EXPECT_EQ(Filenames(OpenTrainSplit(options_)), Filenames(splits.train));
  const SplitSizes sizes = SizesOf(options_, Splits::kBoth);
  EXPECT_EQ(sizes.train, 54);
  EXPECT_EQ(sizes.val, 6);
  EXPECT_EQ(sizes.test, 0);
}

TEST_F(OpenSplitsOfFolders, OfficialSplitsStayAsTheyAre) {
  Fill(root_ / "val/a", 3);
  ResolveValSplit(options_);
  EXPECT_EQ(options_.val_split, 0);
  const DataSplits splits = OpenSplits(options_);
  EXPECT_FALSE(splits.val);
  EXPECT_EQ(splits.train.size(), 60);
  EXPECT_EQ(splits.test.size(), 3);
}

TEST_F(OpenSplitsOfFolders, AValidationFolderChoosesAndTheTestFolderWaits) {
  Fill(root_ / "valid/a", 3);
  Fill(root_ / "test/b", 5);
  ResolveValSplit(options_);
  EXPECT_EQ(options_.val_split, 0);
  const DataSplits splits = OpenSplits(options_);
  ASSERT_TRUE(splits.val);
  EXPECT_EQ(splits.val->size(), 3);
  EXPECT_EQ(splits.test.size(), 5);
  EXPECT_EQ(OpenTestSplit(options_).size(), 5);
  // As runs of version 0.1 resume.
  options_.validation = data::Validation::kTest;
  const DataSplits old = OpenSplits(options_);
  EXPECT_FALSE(old.val);
  EXPECT_EQ(old.test.size(), 3);
}

TEST_F(OpenSplitsOfFolders, ATestFolderIsLookedAtOnce) {
  Fill(root_ / "test/b", 5);
  options_.validation = data::Validation::kTest;
  ResolveValSplit(options_);
  EXPECT_EQ(options_.val_split, 0);  // the official way
  EXPECT_FALSE(OpenSplits(options_).val);
  options_.validation = data::Validation::kAuto;
  ResolveValSplit(options_);
  EXPECT_EQ(options_.val_split, 0.1);
  const DataSplits splits = OpenSplits(options_);
  ASSERT_TRUE(splits.val);
  EXPECT_THAT(Counts(*splits.val), ElementsAre(4, 2));
  EXPECT_EQ(splits.test.size(), 5);
  EXPECT_EQ(OpenTestSplit(options_).size(), 5);
}

// Subsets of any size are validated on the same images.
TEST_F(OpenSplitsOfFolders, TheSubsetIsDrawnFromWhatIsNotHeldOut) {
  Fill(root_ / "test/b", 5);
  options_.val_split = 0.2;
  options_.split_seed = 3;
  const DataSplits all = OpenSplits(options_);
  options_.subset = "50%";
  const DataSplits half = OpenSplits(options_);
  EXPECT_THAT(Counts(*all.val), ElementsAre(8, 4));
  EXPECT_THAT(Counts(half.train), ElementsAre(16, 8));
  EXPECT_EQ(Filenames(*half.val), Filenames(*all.val));
  EXPECT_EQ(half.test.size(), 5);
  options_.subset_balanced = true;
  EXPECT_THAT(Counts(OpenSplits(options_).train), ElementsAre(12, 12));
  options_.split_seed = 4;
  EXPECT_NE(Filenames(*OpenSplits(options_).val), Filenames(*all.val));
}

TEST_F(OpenSplitsOfFolders, OptionsThatContradictAreErrors) {
  options_.val_split = 1;
  ExpectError([&] { OpenSplits(options_); }, ErrorKind::kConfig,
              {"data.val_split", "below 1"});
  options_.val_split = 0.1;
  options_.validation = data::Validation::kTest;
  ExpectError([&] { OpenSplits(options_); }, ErrorKind::kConfig,
              {"data.val_split", "data.validation=test"});
  ExpectError([&] { SizesWithoutFiles(options_); }, ErrorKind::kConfig,
              {"data.val_split"});
  // Without a test split the official way has nothing to look at.
  options_.val_split = 0;
  ResolveValSplit(options_);
  ExpectError([&] { OpenSplits(options_); }, ErrorKind::kIo, {"/test."});
}

TEST(SizesWithoutFiles, LeaveOutWhatIsHeldOut) {
  data::DataOptions options;
  options.name = "cifar10";
  options.val_split = 0.1;
  options.subset = "10%";
  const SplitSizes sizes = SizesWithoutFiles(options);
  EXPECT_EQ(sizes.val, 5'000);
  EXPECT_EQ(sizes.train, 4'500);
  EXPECT_EQ(sizes.test, 10'000);
}

}  // namespace
}  // namespace wsel::session
