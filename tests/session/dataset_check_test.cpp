#include "wsel/session/dataset_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wsel::session {
namespace {

using testing::HasSubstr;

CheckedSplit TwoImages() {
  CheckedSplit checked{.split = data::Split::kTrain,
                       .report = {},
                       .count_mismatches = {},
                       .classes = {"cat", "dog"},
                       .num_images = 2,
                       .note = ""};
  checked.report.per_class = {1, 1};
  checked.report.mean = {0.5};
  checked.report.std = {0.25};
  return checked;
}

TEST(IssuesOf, AreNoneOfSoundSplits) {
  CheckedSplit checked = TwoImages();
  checked.report.damaged = {{1, "dog.jpg: has no end marker"}};
  EXPECT_FALSE(IssuesOf({.name = "folder", .root = "images"}, {checked}));
}

TEST(IssuesOf, CountOverAllSplits) {
  CheckedSplit train = TwoImages();
  train.report.corrupt = {{0, "cat.jpg: is not an image"}};
  train.count_mismatches = {"found 2 images, expected 3"};
  CheckedSplit test = TwoImages();
  test.split = data::Split::kTest;
  test.report.corrupt = {{1, "dog.jpg: is not an image"}};
  const auto error =
      IssuesOf({.name = "cifar10", .root = "images"}, {train, test});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::kFormat);
  EXPECT_EQ(error->where(), "images");
  EXPECT_THAT(error->message(),
              HasSubstr("2 corrupt images; 1 counts differ from those of "
                        "CIFAR-10"));
}

TEST(CheckedSplitJson, HasAllIssues) {
  CheckedSplit checked = TwoImages();
  checked.report.corrupt = {{0, "cat.jpg: is not an image"}};
  const auto json = ToJson(std::vector{checked});
  EXPECT_EQ(json.at(0).at("split"), "train");
  EXPECT_EQ(json.at(0).at("classes").dump(), R"({"cat":1,"dog":1})");
  EXPECT_EQ(json.at(0).at("corrupt").dump(), R"(["cat.jpg: is not an image"])");
}

}  // namespace
}  // namespace wsel::session
