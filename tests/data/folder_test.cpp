#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/data/open_dataset.h"
#include "wsel/data/subset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

void Touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "not an image";
}

std::vector<std::string> Filenames(const Dataset& set) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < set.size(); ++i) names.push_back(set.filename(i));
  return names;
}

TEST(Folder, OrderEqualsTorchvision) {
  // Classes are sorted by bytes; within a class by folder, then by file.
  const TempFolder root;
  for (const char* name :
       {"train/b/2.jpg", "train/b/10.JPEG", "train/b/x/1.png", "train/b/z.webp",
        "train/B/1.bmp", "train/a/1.jpg", "train/a/notes.txt"}) {
    Touch(root / name);
  }
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_EQ(set.name, "folder train");
  EXPECT_THAT(set.classes, ElementsAre("B", "a", "b"));
  EXPECT_THAT(Filenames(set), ElementsAre("B/1.bmp", "a/1.jpg", "b/10.JPEG",
                                          "b/2.jpg", "b/z.webp", "b/x/1.png"));
  EXPECT_THAT(set.labels, ElementsAre(0, 1, 2, 2, 2, 2));
}

// A user may take them for a part of the data set.
TEST(Folder, CountsImagesOfKindsThatAreNotRead) {
  const TempFolder root;
  for (const char* name : {"train/a/1.jpg", "train/a/1.jp2", "train/a/2.GIF",
                           "train/b/3.gif", "train/b/1.png", "train/b/x.txt"}) {
    Touch(root / name);
  }
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(Filenames(set), ElementsAre("a/1.jpg", "b/1.png"));
  EXPECT_THAT(set.note,
              testing::StartsWith("2 .gif, 1 .jp2 files were passed"));
}

TEST(Folder, TakesTheExtensionsOfTorchvision) {
  const TempFolder root;
  for (const char* name : {"a/1.tif", "a/2.TIFF", "b/1.webp", "b/2.pgm"}) {
    Touch(root / "train" / name);
  }
  EXPECT_THAT(Filenames(OpenDataset("folder", root.path(), Split::kTrain)),
              ElementsAre("a/1.tif", "a/2.TIFF", "b/1.webp", "b/2.pgm"));
}

// Beside images, arrays are something else.
TEST(Folder, TakesArraysForImagesWhereThereAreNoOthers) {
  const TempFolder root;
  for (const char* name :
       {"train/a/2.npy", "train/a/1.npy", "train/b/x/1.npy", "train/b/x.txt"}) {
    Touch(root / name);
  }
  const Dataset arrays = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(Filenames(arrays),
              ElementsAre("a/1.npy", "a/2.npy", "b/x/1.npy"));
  EXPECT_EQ(arrays.note, "");
  Touch(root / "train/a/1.png");
  Touch(root / "train/b/1.png");
  const Dataset images = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(Filenames(images), ElementsAre("a/1.png", "b/1.png"));
  EXPECT_THAT(images.note,
              testing::StartsWith("3 .npy files were passed over"));
}

TEST(Folder, CountsThemInEuroSatAndWhereNothingElseIs) {
  const TempFolder root;
  Touch(root / "2750/AnnualCrop/1.jp2");
  ExpectError([&] { OpenDataset("eurosat", root.path(), Split::kTrain); },
              ErrorKind::kFormat,
              {"AnnualCrop", "has no images", "convert its 1 .jp2 files"});
  for (const char* name : {"1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"}) {
    Touch(root / "2750/AnnualCrop" / name);
  }
  EXPECT_THAT(OpenDataset("eurosat", root.path(), Split::kTrain).note,
              testing::StartsWith("1 .jp2 files were passed over"));
}

// JSON, to which names are written, holds only UTF-8.
TEST(Folder, NamesThatAreNotUtf8AreEscaped) {
  const TempFolder root;
  Touch(root / "train/caf\xE9/1.jpg");
  Touch(root / "train/tea/pi\xE9.jpg");
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(set.classes, ElementsAre("caf\\xE9", "tea"));
  EXPECT_THAT(Filenames(set), ElementsAre("caf\\xE9/1.jpg", "tea/pi\\xE9.jpg"));
  EXPECT_THAT(OnlyClasses(set, {"tea", "caf\xE9"}).classes,
              ElementsAre("tea", "caf\\xE9"));
}

TEST(Folder, IgnoresHiddenFilesAndFolders) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "train/a/._1.jpg");
  Touch(root / "train/.cache/1.jpg");
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(set.classes, ElementsAre("a"));
  EXPECT_THAT(Filenames(set), ElementsAre("a/1.jpg"));
}

TEST(Folder, FollowsLinksAndStopsAtCycles) {
  const TempFolder root;
  Touch(root / "elsewhere/1.jpg");
  fs::create_directories(root / "train");
  fs::create_directory_symlink("../elsewhere", root / "train/a");
  fs::create_directory_symlink(".", root / "elsewhere/again");
  fs::create_symlink("nowhere.jpg", root / "elsewhere/lost.jpg");
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(Filenames(set), ElementsAre("a/1.jpg", "a/lost.jpg"));
  ExpectError([&] { set.image(1); }, ErrorKind::kIo, {"lost.jpg"});
}

TEST(Folder, TestLabelsFollowTheTrainingClasses) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "train/b/1.jpg");
  Touch(root / "test/b/1.jpg");
  const Dataset test = OpenDataset("folder", root.path(), Split::kTest);
  EXPECT_THAT(test.classes, ElementsAre("a", "b"));
  EXPECT_THAT(test.labels, ElementsAre(1));
}

OpenOptions AsInVersion01() { return {.val_is_test = true}; }

TEST(Folder, ValidationAndTestFoldersAreTwoSplits) {
  for (const char* val : {"val", "valid", "validation"}) {
    const TempFolder root;
    Touch(root / "train/a/1.jpg");
    Touch(root / "train/b/1.jpg");
    Touch(root / "test/b/1.jpg");
    const auto others = [&](const OpenOptions& options = {}) {
      return FindOtherSplits("folder", root.path(), options);
    };
    EXPECT_FALSE(others().val);
    EXPECT_TRUE(others().test);
    Touch(root / val / "a/2.jpg");
    EXPECT_TRUE(others().val);
    EXPECT_TRUE(others().test);
    const Dataset set = OpenDataset("folder", root.path(), Split::kVal);
    EXPECT_EQ(set.name, "folder val");
    EXPECT_THAT(Filenames(set), ElementsAre("a/2.jpg"));
    EXPECT_THAT(Filenames(OpenDataset("folder", root.path(), Split::kTest)),
                ElementsAre("b/1.jpg"));
    // val took precedence over test.
    EXPECT_FALSE(others(AsInVersion01()).val);
    const Dataset old =
        OpenDataset("folder", root.path(), Split::kTest, AsInVersion01());
    EXPECT_THAT(Filenames(old), ElementsAre("a/2.jpg"));
    EXPECT_EQ(old.note, std::string("test is not read beside ") + val);
    fs::remove_all(root / "test");
    EXPECT_FALSE(others().val);
    EXPECT_TRUE(others().test);
    EXPECT_THAT(Filenames(OpenDataset("folder", root.path(), Split::kTest)),
                ElementsAre("a/2.jpg"));
  }
}

// As of Kaggle's competitions, and of ImageNet.
TEST(Folder, AnUnlabelledTestFolderDoesNotCountBesideAnother) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "val/a/1.jpg");
  Touch(root / "valid/a/9.jpg");
  Touch(root / "test/1.jpg");
  EXPECT_FALSE(FindOtherSplits("folder", root.path()).val);
  const Dataset set = OpenDataset("folder", root.path(), Split::kTest);
  EXPECT_THAT(Filenames(set), ElementsAre("a/1.jpg"));
  EXPECT_EQ(set.note, "valid, test is not read beside val");
  Touch(root / "test/a/1.jpg");
  EXPECT_FALSE(FindOtherSplits("imagenet", root.path()).val);
  EXPECT_THAT(Filenames(OpenDataset("imagenet", root.path(), Split::kTest)),
              ElementsAre("a/1.jpg"));
  ExpectError([&] { OpenDataset("imagenet", root.path(), Split::kVal); },
              ErrorKind::kUsage, {"imagenet1k", "`val_split`"});
}

TEST(Folder, ATrainingFolderAloneHasNoOtherSplits) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  const auto others = FindOtherSplits("folder", root.path());
  EXPECT_FALSE(others.val);
  EXPECT_FALSE(others.test);
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTest); },
              ErrorKind::kIo, {"/valid, ", "/validation, "});
}

TEST(Folder, ATestSplitAloneHasItsOwnClasses) {
  const TempFolder root;
  Touch(root / "test/b/1.jpg");
  Touch(root / "test/c/1.jpg");
  const Dataset alone = OpenDataset("folder", root.path(), Split::kTest);
  EXPECT_THAT(alone.classes, ElementsAre("b", "c"));
  EXPECT_TRUE(alone.partial_classes);
  const Dataset direct = OpenDataset("folder", root / "test", Split::kTest);
  EXPECT_THAT(Filenames(direct), ElementsAre("b/1.jpg", "c/1.jpg"));
  EXPECT_TRUE(direct.partial_classes);
  ExpectError([&] { OpenDataset("folder", root / "test", Split::kTrain); },
              ErrorKind::kIo, {"/train"});
  Touch(root / "train/b/1.jpg");
  Touch(root / "train/c/1.jpg");
  EXPECT_FALSE(
      OpenDataset("folder", root.path(), Split::kTest).partial_classes);
}

TEST(Folder, NamesUnknownTestClasses) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "test/a/1.jpg");
  Touch(root / "test/c/1.jpg");
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTest); },
              ErrorKind::kMismatch, {"not in the training split: 'c'"});
}

TEST(Folder, NamesEmptyClasses) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "train/b/notes.txt");
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTrain); },
              ErrorKind::kFormat, {"train/b", "has no images"});
}

TEST(Folder, RejectsAFlatFolder) {
  const TempFolder root;
  Touch(root / "train/1.jpg");
  ExpectError([&] { OpenDataset("imagenet", root.path(), Split::kTrain); },
              ErrorKind::kFormat, {"has no folders; expected one per class"});
}

TEST(Folder, NamesMissingFoldersAndTheLayout) {
  const TempFolder root;
  ExpectError(
      [&] { OpenDataset("folder", root.path(), Split::kTrain); },
      ErrorKind::kIo,
      {"does not contain the data set folder", "/train.", "train/<class>/*"});
  ExpectError([&] { OpenDataset("folder", root / "no", Split::kTrain); },
              ErrorKind::kIo, {"is not a folder"});
  Touch(root / "train/a/1.jpg");
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTest); },
              ErrorKind::kIo, {"/val, ", "/test."});
}

}  // namespace
}  // namespace wsel::data
