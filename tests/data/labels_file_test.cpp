// Data sets of files that a CSV lists.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/data/hold_out.h"
#include "wsel/data/open_dataset.h"
#include "wsel/data/subset.h"

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

  Dataset OpenWithoutLabels(const std::string& csv) const {
    OpenOptions options = Options(csv, /*val_is_test=*/false);
    options.labels_optional = true;
    return OpenDataset("folder", root_ / "images", Split::kTrain, options);
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

class SeveralLabels : public LabelsFile {
 protected:
  Dataset OpenSeveral(const std::string& csv, MultiLabel form,
                      Split split = Split::kTrain) const {
    OpenOptions options = Options(csv, false);
    options.multi_label = form;
    return OpenDataset("folder", root_ / "images", split, options);
  }
};

TEST_F(LabelsFile, MayLackLabelsWhereTheyAreOptional) {
  const std::string list = "split,File,width\ntrain,a.jpg,8\ntest,b.jpg,8\n";
  const Dataset train = OpenWithoutLabels(list);
  EXPECT_TRUE(train.unlabelled);
  EXPECT_THAT(Filenames(train), ElementsAre("a.jpg"));
  EXPECT_THAT(Filenames(OpenWithoutLabels("a.jpg\nsub/c.png\n")),
              ElementsAre("a.jpg", "sub/c.png"));
  EXPECT_FALSE(OpenWithoutLabels("file,label\na.jpg,x\n").unlabelled);
  ExpectFails(list, ErrorKind::kFormat,
              {"labels.csv:1", "no column of labels"});
  const auto fails = [&](const std::string& csv, ErrorKind kind,
                         const std::vector<std::string>& parts) {
    ExpectError([&] { OpenWithoutLabels(csv); }, kind, parts);
  };
  fails("a.jpg\n../b.jpg\n", ErrorKind::kFormat, {"labels.csv:2"});
  fails("a.jpg\na.jpg\n", ErrorKind::kFormat, {"listed twice"});
  fails("a.jpg\ngone.jpg\n", ErrorKind::kIo, {"gone.jpg", "labels.csv:2"});
  fails("file,split\na.jpg,val\n", ErrorKind::kFormat,
        {"no rows of the split train"});
}

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
               "image, diagnosis", "multi_label"});
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

// The names of each image's labels.
std::vector<std::vector<std::string>> LabelNames(const Dataset& set) {
  std::vector<std::vector<std::string>> names;
  for (const auto& labels : set.label_sets) {
    auto& of_image = names.emplace_back();
    for (const int32_t label : labels) {
      of_image.push_back(set.classes[static_cast<size_t>(label)]);
    }
  }
  return names;
}

TEST_F(SeveralLabels, AreSeparatedInOneCell) {
  const std::vector<std::pair<MultiLabel, char>> separators = {
      {MultiLabel::kSemicolon, ';'},
      {MultiLabel::kBar, '|'},
      {MultiLabel::kComma, ','},
      {MultiLabel::kSpace, ' '}};
  for (const auto& [form, separator] : separators) {
    const std::string two = std::string("dog") + separator + "cat";
    const std::string csv = "\xEF\xBB\xBFimage,tags\na.jpg,\"" + two +
                            "\"\nb.jpg,\nsub/c.png,emu\n";
    for (const MultiLabel given : {form, MultiLabel::kAuto}) {
      const Dataset set = OpenSeveral(csv, given);
      EXPECT_TRUE(set.multi_label());
      EXPECT_THAT(set.classes, ElementsAre("cat", "dog", "emu"));
      EXPECT_THAT(LabelNames(set),
                  ElementsAre(ElementsAre("cat", "dog"), ElementsAre(),
                              ElementsAre("emu")))
          << separator;
      EXPECT_THAT(set.labels, ElementsAre(0, 0, 0));
      EXPECT_EQ(set.note.empty(), given != MultiLabel::kAuto);
    }
  }
}

TEST_F(SeveralLabels, ASpaceSeparatesOnlyWithoutAnotherSeparator) {
  const Dataset set = OpenSeveral(
      "a.jpg,polar bear; cat ;cat\nb.jpg,polar bear\n", MultiLabel::kAuto);
  EXPECT_THAT(set.classes, ElementsAre("cat", "polar bear"));
  EXPECT_THAT(set.label_sets, ElementsAre(ElementsAre(0, 1), ElementsAre(1)));
  EXPECT_THAT(set.note, testing::HasSubstr("semicolon"));
  // One label is still one label.
  EXPECT_THAT(Open("a.jpg,polar bear;cat\n").classes,
              ElementsAre("polar bear;cat"));
}

TEST_F(SeveralLabels, AreColumnsOf0And1) {
  const std::string csv =
      "image,rust,Split,healthy\na.jpg,1,train,0\nb.jpg,0.0,train,1.0\n"
      "sub/c.png,1,test,1\n\"d, e.jpg\",0,test,0\n";
  for (const MultiLabel form : {MultiLabel::kAuto, MultiLabel::kColumns}) {
    const Dataset set = OpenSeveral(csv, form);
    EXPECT_THAT(set.classes, ElementsAre("rust", "healthy"));  // their order
    EXPECT_THAT(set.label_sets, ElementsAre(ElementsAre(0), ElementsAre(1)));
    const Dataset test = OpenSeveral(csv, form, Split::kTest);
    EXPECT_THAT(test.label_sets, ElementsAre(ElementsAre(0, 1), ElementsAre()));
    EXPECT_FALSE(test.partial_classes);
  }
}

TEST_F(SeveralLabels, MistakesNameTheirPlace) {
  const auto fails = [&](const std::string& csv, ErrorKind kind,
                         const std::vector<std::string>& parts,
                         MultiLabel form = MultiLabel::kAuto,
                         Split split = Split::kTrain) {
    ExpectError([&] { OpenSeveral(csv, form, split); }, kind, parts);
  };
  fails("image,a,age\na.jpg,1,64\n", ErrorKind::kFormat,
        {"labels.csv:2", "'64' in the column 'age'", "remove other columns"});
  fails("image,a,a\na.jpg,1,0\n", ErrorKind::kFormat,
        {"labels.csv:1", "two columns 'a'"});
  fails("image,a,\na.jpg,1,0\n", ErrorKind::kFormat,
        {"labels.csv:1", "no class in its column 3"});
  fails("image,split\na.jpg,train\n", ErrorKind::kFormat,
        {"labels.csv:1", "no columns of classes"});
  fails("id,a\na.jpg,1\n", ErrorKind::kFormat,
        {"labels.csv:1", "no column of files"}, MultiLabel::kColumns);
  fails("image,a,b\na.jpg,1\n", ErrorKind::kFormat,
        {"labels.csv:2", "2 cells", "expected 3"});
  fails("a.jpg,\nb.jpg, ; \n", ErrorKind::kFormat,
        {"labels.csv", "no label in any of its 2 rows"});
  fails("a.jpg,x;y\na.jpg,z\n", ErrorKind::kFormat,
        {"labels.csv:2", "listed twice"});
  fails("file,label,split\na.jpg,x;y,train\nb.jpg,x;z,test\n",
        ErrorKind::kMismatch,
        {"labels.csv:3", "not in the training split: 'z'"}, MultiLabel::kAuto,
        Split::kTest);
  fails("", ErrorKind::kFormat, {"lists no images"});
  ExpectError(
      [&] {
        OpenDataset("folder", root_ / "images", Split::kTrain,
                    {.multi_label = MultiLabel::kAuto});
      },
      ErrorKind::kUsage, {"multi_label", "needs `labels`"});
}

TEST_F(SeveralLabels, AreKeptByPartsOfTheSet) {
  const Dataset set = OpenSeveral(
      "a.jpg,x;y\nb.jpg,y\nsub/c.png,\n\"d, e.jpg\",y;z\n", MultiLabel::kAuto);
  EXPECT_THAT(Range(set, 1, 4).label_sets,
              ElementsAre(ElementsAre(1), ElementsAre(), ElementsAre(1, 2)));
  // Images without these labels are negative ones.
  const Dataset some = OnlyClasses(set, {"z", "x"});
  EXPECT_EQ(some.size(), 4);
  EXPECT_THAT(some.classes, ElementsAre("z", "x"));
  EXPECT_THAT(some.label_sets, ElementsAre(ElementsAre(1), ElementsAre(),
                                           ElementsAre(), ElementsAre(0)));
  const Dataset more = WithMoreClasses(set, {"w", "z", "y", "x"});
  EXPECT_THAT(more.label_sets, ElementsAre(ElementsAre(2, 3), ElementsAre(2),
                                           ElementsAre(), ElementsAre(1, 2)));
  const Dataset part = ProportionalSubset(set, {.count = 2}, 0);
  EXPECT_EQ(part.label_sets.size(), 2U);
  // x and z are of one image each, which is not held out.
  const HeldOut parts = HoldOut(set, 0.5, 0);
  EXPECT_THAT(parts.validation.label_sets,
              testing::UnorderedElementsAre(ElementsAre(1), ElementsAre()));
  EXPECT_EQ(parts.train.label_sets.size(), 2U);
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
