#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/data/open.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

void Touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "no picture";
}

std::vector<std::string> Origins(const Dataset& set) {
  std::vector<std::string> origins;
  for (int64_t i = 0; i < set.size(); ++i) origins.push_back(set.origin(i));
  return origins;
}

TEST(Folder, OrderIsTorchvisions) {
  // Classes by bytes; in a class by folder, then by file.
  const TempFolder root;
  for (const char* name :
       {"train/b/2.jpg", "train/b/10.JPEG", "train/b/x/1.png", "train/b/z.webp",
        "train/B/1.bmp", "train/a/1.jpg", "train/a/notes.txt"}) {
    Touch(root / name);
  }
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_EQ(set.name, "folder train");
  EXPECT_THAT(set.classes, ElementsAre("B", "a", "b"));
  EXPECT_THAT(Origins(set), ElementsAre("B/1.bmp", "a/1.jpg", "b/10.JPEG",
                                        "b/2.jpg", "b/z.webp", "b/x/1.png"));
  EXPECT_THAT(set.labels, ElementsAre(0, 1, 2, 2, 2, 2));
}

TEST(Folder, HiddenFilesAndFoldersAreNoPictures) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "train/a/._1.jpg");
  Touch(root / "train/.cache/1.jpg");
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(set.classes, ElementsAre("a"));
  EXPECT_THAT(Origins(set), ElementsAre("a/1.jpg"));
}

TEST(Folder, LinksAreFollowedAndCyclesEnd) {
  const TempFolder root;
  Touch(root / "elsewhere/1.jpg");
  fs::create_directories(root / "train");
  fs::create_directory_symlink("../elsewhere", root / "train/a");
  fs::create_directory_symlink(".", root / "elsewhere/again");
  fs::create_symlink("nowhere.jpg", root / "elsewhere/lost.jpg");
  const Dataset set = OpenDataset("folder", root.path(), Split::kTrain);
  EXPECT_THAT(Origins(set), ElementsAre("a/1.jpg", "a/lost.jpg"));
  ExpectError([&] { set.picture(1); }, ErrorKind::kIo, {"lost.jpg"});
}

TEST(Folder, TestLabelsAreTheTrainingSplits) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "train/b/1.jpg");
  Touch(root / "test/b/1.jpg");
  const Dataset test = OpenDataset("folder", root.path(), Split::kTest);
  EXPECT_THAT(test.classes, ElementsAre("a", "b"));
  EXPECT_THAT(test.labels, ElementsAre(1));

  Touch(root / "val/a/1.jpg");  // val goes before test
  EXPECT_THAT(OpenDataset("folder", root.path(), Split::kTest).labels,
              ElementsAre(0));
}

TEST(Folder, UnknownTestClassesAreNamed) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "test/a/1.jpg");
  Touch(root / "test/c/1.jpg");
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTest); },
              ErrorKind::kMismatch, {"training split has not: 'c'"});
}

TEST(Folder, EmptyClassesAreNamed) {
  const TempFolder root;
  Touch(root / "train/a/1.jpg");
  Touch(root / "train/b/notes.txt");
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTrain); },
              ErrorKind::kFormat, {"train/b", "has no pictures"});
}

TEST(Folder, AFlatFolderHasNoClasses) {
  const TempFolder root;
  Touch(root / "train/1.jpg");
  ExpectError([&] { OpenDataset("imagenet", root.path(), Split::kTrain); },
              ErrorKind::kFormat, {"no folders, one for each class"});
}

TEST(Folder, MissingFoldersAreNamedWithTheLayout) {
  const TempFolder root;
  ExpectError(
      [&] { OpenDataset("folder", root.path(), Split::kTrain); },
      ErrorKind::kIo,
      {"does not hold the data set folder", "/train.", "train/<class>/*"});
  ExpectError([&] { OpenDataset("folder", root / "no", Split::kTrain); },
              ErrorKind::kIo, {"is no folder"});
  Touch(root / "train/a/1.jpg");
  ExpectError([&] { OpenDataset("folder", root.path(), Split::kTest); },
              ErrorKind::kIo, {"/val, ", "/test."});
}

}  // namespace
}  // namespace wsel::data
