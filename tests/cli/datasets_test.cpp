#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "cli/run_wsel.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

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

TEST(Datasets, AValidDataSetPassesTheCheck) {
  const TempFolder folder;
  const Outcome run =
      RunWsel(folder, {"datasets", "check", "folder", kFolders.string()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out,
              HasSubstr("train: 4 images of 12 x 9 pixels, 2 classes of 1 to "
                        "3 images, 0 corrupt"));
  EXPECT_THAT(run.out, HasSubstr("test: 2 images"));
}

// The mean and std that a model of 1 channel needs; golden by
// scripts/golden/in_chans.py.
TEST(Datasets, TheMeanOfGreyImagesIsPillows) {
  const TempFolder folder;
  const Outcome run =
      RunWsel(folder, {"datasets", "check", "folder", kFolders.string(),
                       "--split", "train", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto rows = ParseJson(run.out, "stdout", ErrorKind::kFormat);
  const auto golden = ParseJson(ReadText(kFolders.parent_path() / "grey.json"),
                                "grey.json", ErrorKind::kFormat);
  EXPECT_EQ(rows[0]["num_images"], golden["images"]);
  for (const char* key : {"mean", "std"}) {
    EXPECT_NEAR(rows[0]["grey"][key].get<double>(), golden[key].get<double>(),
                1e-9);
  }
}

TEST(Datasets, CorruptImagesAreListed) {
  const TempFolder folder;
  fs::copy(kFolders, folder / "set", fs::copy_options::recursive);
  std::ofstream(folder / "set/train/b/2.jpg") << "not an image";
  const Outcome run = RunWsel(folder, {"datasets", "check", "folder", "set",
                                       "--split", "train", "--json"});
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_THAT(run.err, HasSubstr("1 corrupt images"));
  const auto rows = ParseJson(run.out, "stdout", ErrorKind::kFormat);
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_EQ(rows[0]["corrupt"].size(), 1U);
  EXPECT_THAT(rows[0]["corrupt"][0].get<std::string>(),
              HasSubstr("set/train/b/2.jpg"));
  EXPECT_EQ(rows[0]["classes"]["b"], 3);
}

TEST(Datasets, CountMismatchesAreReported) {
  const TempFolder folder;
  const Outcome run =
      RunWsel(folder, {"datasets", "check", "imagenet", kFolders.string()});
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_THAT(run.out, HasSubstr("found 2 classes, expected 1000"));
}

TEST(Datasets, ErrorsHaveTheirExitCodes) {
  const TempFolder folder;
  const Outcome name = RunWsel(folder, {"datasets", "check", "foldr", "."});
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.err, HasSubstr("did you mean 'folder'?"));
  const Outcome root = RunWsel(folder, {"datasets", "check", "dtd", "no"});
  EXPECT_EQ(root.exit_code, 4);
  EXPECT_THAT(root.err, HasSubstr("no: is not a folder"));
}

}  // namespace
}  // namespace wsel
