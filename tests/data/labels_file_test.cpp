// Data sets of files that a CSV lists.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class LabelsFile : public testing::Test {
 protected:
  LabelsFile() {
    for (const char* name : {"a.jpg", "b.jpg", "sub/c.png", "d, e.jpg"}) {
      const fs::path path = root_ / "images" / name;
      fs::create_directories(path.parent_path());
      std::ofstream(path) << "not an image";
    }
  }

  Dataset Open(const std::string& csv, Split split = Split::kTrain,
               bool val_is_test = false) const {
    return OpenDataset("folder", root_ / "images", split,
                       Options(csv, val_is_test));
  }

  OtherSplits Others(const std::string& csv, bool val_is_test = false) const {
    return FindOtherSplits("folder", root_ / "images",
                           Options(csv, val_is_test));
  }

  void ExpectFails(const std::string& csv, ErrorKind kind,
                   const std::vector<std::string>& parts,
                   Split split = Split::kTrain) const {
    ExpectError([&] { Open(csv, split); }, kind, parts);
  }

  static std::vector<std::string> Filenames(const Dataset& set) {
    std::vector<std::string> names;
    for (int64_t i = 0; i < set.size(); ++i) names.push_back(set.filename(i));
    return names;
  }

  OpenOptions Options(const std::string& csv, bool val_is_test) const {
    const fs::path path = root_ / "labels.csv";
    WriteTextFile(path, csv);
    return {.labels = path.string(), .val_is_test = val_is_test};
  }

  TempFolder root_;
};

TEST_F(LabelsFile, HasTwoColumnsWithoutAHeader) {
  const Dataset set = Open("sub/c.png,dog\n\"d, e.jpg\",cat\r\n\na.jpg,dog\n");
  EXPECT_EQ(set.name, "folder train");
  EXPECT_THAT(set.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(set.labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(Filenames(set), ElementsAre("sub/c.png", "d, e.jpg", "a.jpg"));
  EXPECT_FALSE(set.partial_classes);
}

TEST_F(LabelsFile, AHeaderNamesTheColumns) {
  for (const char* header :
       {"id,Label,file", "x, class ,Filename", "y,label,file_name",
        "\xEF\xBB\xBFid,label,image", "id,class,path"}) {
    const Dataset set =
        Open(std::string(header) + "\n1,cat,./b.jpg\n2,dog, a.jpg\n");
    EXPECT_THAT(Filenames(set), ElementsAre("b.jpg", "a.jpg")) << header;
    EXPECT_THAT(set.labels, ElementsAre(0, 1));
  }
  ExpectFails("image,diagnosis\na.jpg,1\n", ErrorKind::kFormat,
              {"labels.csv:1", "no column of labels", "label or class",
               "image, diagnosis"});
  ExpectFails("a,b,c\n", ErrorKind::kFormat,
              {"labels.csv:1", "no column of files", "filename"});
}

TEST_F(LabelsFile, AColumnMayNameTheSplits) {
  const std::string csv =
      "file,label,split\na.jpg,cat,train\nb.jpg,dog,Train\n"
      "sub/c.png,dog,valid\n\"d, e.jpg\",cat,test\n";
  EXPECT_TRUE(Others(csv).val);
  EXPECT_TRUE(Others(csv).test);
  EXPECT_THAT(Filenames(Open(csv)), ElementsAre("a.jpg", "b.jpg"));
  const Dataset val = Open(csv, Split::kVal);
  EXPECT_THAT(Filenames(val), ElementsAre("sub/c.png"));
  EXPECT_THAT(val.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(val.labels, ElementsAre(1));
  EXPECT_THAT(Filenames(Open(csv, Split::kTest)), ElementsAre("d, e.jpg"));
  EXPECT_FALSE(Others(csv, true).val);
  EXPECT_THAT(Filenames(Open(csv, Split::kTest, true)),
              ElementsAre("sub/c.png"));
  const std::string val_alone =
      "file,label,split\na.jpg,cat,train\nb.jpg,cat,val\n";
  EXPECT_FALSE(Others(val_alone).val);
  EXPECT_THAT(Filenames(Open(val_alone, Split::kTest)), ElementsAre("b.jpg"));
  ExpectFails("file,label,split\na.jpg,cat,holdout\n", ErrorKind::kFormat,
              {"labels.csv:2", "'holdout' is not a split"});
  ExpectFails("file,label,split\na.jpg,cat,test\n", ErrorKind::kFormat,
              {"no rows of the split train"});
  ExpectFails("file,label,split\na.jpg,cat,train\nb.jpg,emu,test\n",
              ErrorKind::kMismatch, {"not in the training split: 'emu'"},
              Split::kTest);
}

// All are evaluated, and a model may know more classes.
TEST_F(LabelsFile, WithoutSplitsAllFilesAreOfTheSplit) {
  const std::string csv = "a.jpg,cat\nb.jpg,dog\n";
  EXPECT_FALSE(Others(csv).test);
  const Dataset set = Open(csv, Split::kTest);
  EXPECT_EQ(set.size(), 2);
  EXPECT_TRUE(set.partial_classes);
}

TEST_F(LabelsFile, MissingFilesAreNamed) {
  ExpectFails("a.jpg,cat\nno.jpg,dog\nB.jpg,dog\nsub,cat\n", ErrorKind::kIo,
              {"lacks 3 of the 4 files", "'no.jpg'", "labels.csv:2",
               "relative to this folder"});
}

TEST_F(LabelsFile, RowsThatCannotBeMeantAreErrors) {
  ExpectFails("a.jpg,cat\n./a.jpg,dog\n", ErrorKind::kFormat,
              {"labels.csv:2", "'a.jpg' is listed twice", "labels.csv:1"});
  ExpectFails("a.jpg,cat\nb.jpg\n", ErrorKind::kFormat,
              {"labels.csv:2", "1 cells", "expected 2"});
  ExpectFails("a.jpg,\n", ErrorKind::kFormat, {"labels.csv:1", "no label"});
  ExpectFails(",cat\n", ErrorKind::kFormat, {"labels.csv:1"});
  ExpectFails("../a.jpg,cat\n", ErrorKind::kFormat,
              {"labels.csv:1", "outside the data set's folder"});
  ExpectFails("/etc/passwd,cat\n", ErrorKind::kFormat, {"outside"});
  ExpectFails("\"a.jpg,cat\n", ErrorKind::kFormat,
              {"labels.csv:1", "inside quotes"});
  for (const char* empty : {"", "\n\n", "file,label\n"}) {
    ExpectFails(empty, ErrorKind::kFormat, {"labels.csv", "lists no images"});
  }
}

TEST_F(LabelsFile, IsForFoldersAlone) {
  ExpectError(
      [&] {
        OpenDataset("cifar10", root_.path(), Split::kTrain,
                    Options("a.jpg,cat\n", false));
      },
      ErrorKind::kUsage, {"labels", "cifar10 has its own labels"});
  ExpectError(
      [&] {
        OpenDataset("folder", root_.path(), Split::kTrain,
                    {.labels = (root_ / "no.csv").string()});
      },
      ErrorKind::kIo, {"no.csv"});
}

}  // namespace
}  // namespace wsel::data
