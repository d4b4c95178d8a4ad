// Real images and lists in the layouts that users have (../shared/data).
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "shared_data.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/data/check_dataset.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class Real : public testing::Test {
 protected:
  void SetUp() override {
    archive_ = SharedData() / "real-images.tar";
    if (!fs::exists(archive_)) {
      GTEST_SKIP() << archive_ << " is missing; set WSEL_SHARED_DATA";
    }
  }

  void Unpack(const std::string& part) const {
    const std::string command = "tar -xf '" + archive_.string() + "' -C '" +
                                root_.path().string() + "' " + part;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  // Opens a data set and decodes all images.
  Dataset OpenAndCheck(const std::string& name, Split split) const {
    Dataset set = OpenDataset(name, root_.path(), split);
    const CheckReport report = Check(set);
    EXPECT_THAT(report.corrupt, IsEmpty()) << report.corrupt.front().text;
    return set;
  }

  fs::path archive_;
  TempFolder root_;
};

std::vector<int64_t> CountsOf(const Dataset& set) {
  std::vector<int64_t> counts(set.classes.size());
  for (const int32_t label : set.labels) ++counts.at(label);
  return counts;
}

TEST_F(Real, PetsOfThreeBreedsAndThreeFileFormats) {
  Unpack("oxford-iiit-pet");
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const Dataset set = OpenAndCheck("pets", split);
    EXPECT_THAT(set.classes,
                ElementsAre("Abyssinian", "American Bulldog", "Bengal"));
    EXPECT_EQ(set.size(), 120);
  }
}

TEST_F(Real, FoodOfTenClasses) {
  Unpack("food-101");
  EXPECT_THAT(CountsOf(OpenAndCheck("food101", Split::kTrain)),
              testing::AllOf(testing::SizeIs(10), Each(24)));
  EXPECT_EQ(OpenAndCheck("food101", Split::kTest).size(), 120);
}

TEST_F(Real, TexturesOfTenClasses) {
  Unpack("dtd");
  EXPECT_THAT(CountsOf(OpenAndCheck("dtd", Split::kTrain)),
              testing::AllOf(testing::SizeIs(10), Each(10)));
  EXPECT_THAT(CountsOf(OpenAndCheck("dtd", Split::kTest)), Each(5));
}

TEST_F(Real, ImageNetFiles) {
  Unpack("imagenet-sample");
  fs::rename(root_ / "imagenet-sample", root_ / "train");
  const Dataset set = OpenAndCheck("imagenet", Split::kTrain);
  EXPECT_EQ(set.size(), 201);
  EXPECT_TRUE(std::is_sorted(set.classes.begin(), set.classes.end()));
}

TEST_F(Real, FlowersOfficialSplits) {
  Unpack("flowers-102");
  fs::create_directory(root_ / "flowers-102/jpg");
  const Dataset train = OpenDataset("flowers102", root_.path(), Split::kTrain);
  EXPECT_THAT(CountsOf(train), testing::AllOf(testing::SizeIs(102), Each(20)));
  const Dataset test = OpenDataset("flowers102", root_.path(), Split::kTest);
  EXPECT_EQ(test.size(), 6149);
  EXPECT_THAT(CountMismatches(FindDataset("flowers", ""), Split::kTest, test),
              IsEmpty());
}

TEST_F(Real, RejectsAnotherFileWithTheSameName) {
  Unpack("flowers-102");
  const fs::path folder = root_ / "flowers-102";
  fs::create_directory(folder / "jpg");
  fs::rename(folder / "not-the-official-imagelabels.mat",
             folder / "imagelabels.mat");
  ExpectError([&] { OpenDataset("flowers102", folder, Split::kTrain); },
              ErrorKind::kFormat,
              {"imagelabels.mat", "has no variable 'labels'"});
}

}  // namespace
}  // namespace wsel::data
