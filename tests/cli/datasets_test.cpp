#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "cli/run_wsel.h"
#include "wsel/core/json_object.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kFolders =
    fs::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders";

TEST(Datasets, AreListedWithTheirLayout) {
  const TempFolder folder;
  const Outcome table = RunWsel(folder, {"datasets"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("oxford-iiit-pet/{annotations/"));
  const Outcome json = RunWsel(folder, {"datasets", "--json"});
  const auto rows = ParseJson(json.out, "stdout", ErrorKind::kFormat);
  EXPECT_EQ(rows.size(), 12U);
  EXPECT_EQ(rows[0]["name"], "cifar10");
  EXPECT_EQ(rows[0]["train"], 50'000);
  EXPECT_TRUE(rows[11]["train"].is_null());
}

TEST(Datasets, AGoodSetPassesTheCheck) {
  const TempFolder folder;
  const Outcome run =
      RunWsel(folder, {"datasets", "check", "folder", kFolders.string()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out,
              HasSubstr("train: 4 pictures of 12 x 9 pixels, 2 classes of 1 to "
                        "3 pictures, 0 broken"));
  EXPECT_THAT(run.out, HasSubstr("test: 2 pictures"));
}

TEST(Datasets, BrokenPicturesAreNamed) {
  const TempFolder folder;
  fs::copy(kFolders, folder / "set", fs::copy_options::recursive);
  std::ofstream(folder / "set/train/b/2.jpg") << "no picture";
  const Outcome run = RunWsel(folder, {"datasets", "check", "folder", "set",
                                       "--split", "train", "--json"});
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_THAT(run.err, HasSubstr("1 pictures are broken"));
  const auto rows = ParseJson(run.out, "stdout", ErrorKind::kFormat);
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_EQ(rows[0]["broken"].size(), 1U);
  EXPECT_THAT(rows[0]["broken"][0].get<std::string>(),
              HasSubstr("set/train/b/2.jpg"));
  EXPECT_EQ(rows[0]["classes"]["b"], 3);
}

TEST(Datasets, CountsThatAreNotTheSetsAreSaid) {
  const TempFolder folder;
  const Outcome run =
      RunWsel(folder, {"datasets", "check", "imagenet", kFolders.string()});
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_THAT(run.out, HasSubstr("2 classes are here; the whole set has 1000"));
}

TEST(Datasets, MistakesHaveTheirExitCodes) {
  const TempFolder folder;
  const Outcome name = RunWsel(folder, {"datasets", "check", "foldr", "."});
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.err, HasSubstr("did you mean 'folder'?"));
  const Outcome root = RunWsel(folder, {"datasets", "check", "dtd", "no"});
  EXPECT_EQ(root.exit_code, 4);
  EXPECT_THAT(root.err, HasSubstr("no: is no folder"));
}

}  // namespace
}  // namespace wsel
