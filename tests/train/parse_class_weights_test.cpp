#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/train/class_weights.h"

namespace wsel::train {
namespace {

using testing::ElementsAre;

constexpr const char* kWeightsPath = "train.class_weights";

TEST(ParseClassWeights, ReadsWhatItWrites) {
  for (const char* text : {"none", "balanced", "1,2,0.5", "cat=2,dog=0.5",
                           "\"bell, red=2\",a=b=1"}) {
    EXPECT_EQ(ToText(ParseClassWeights(text, kWeightsPath)), text);
  }
  EXPECT_EQ(ParseClassWeights("none", kWeightsPath), ClassWeights::kNone);
  EXPECT_EQ(ParseClassWeights("balanced", kWeightsPath),
            ClassWeights::kBalanced);
}

TEST(ParseClassWeights, RejectsAllElse) {
  for (const char* text : {"", "balance", "1,,2", "1,a", "cat=2,1", "=2",
                           "cat=", "1;2", "\"a=1"}) {
    ExpectError([&] { ParseClassWeights(text, kWeightsPath); },
                ErrorKind::kConfig, {kWeightsPath});
  }
  ExpectError([] { ParseClassWeights("1,-1", kWeightsPath); },
              ErrorKind::kConfig, {"the weight -1"});
  ExpectError([] { ParseClassWeights("1,inf", kWeightsPath); },
              ErrorKind::kConfig, {"finite"});
  ExpectError([] { ParseClassWeights("1,nan", kWeightsPath); },
              ErrorKind::kConfig, {"finite"});
  ExpectError([] { ParseClassWeights("0,0", kWeightsPath); },
              ErrorKind::kConfig, {"no loss"});
  ExpectError([] { ParseClassWeights("a=1,b=2,a=3", kWeightsPath); },
              ErrorKind::kConfig, {"'a' twice"});
}

TEST(WeightsOf, AreInTheOrderOfTheClasses) {
  const auto of = [](const char* text) {
    return WeightsOf(ParseClassWeights(text, kWeightsPath), {"cat", "dog"});
  };
  EXPECT_THAT(of("1,2"), ElementsAre(1, 2));
  EXPECT_THAT(of("dog=2,cat=1"), ElementsAre(1, 2));
  ExpectError([&] { of("1,2,3"); }, ErrorKind::kConfig,
              {"3 weights for 2 classes: cat, dog"});
  ExpectError([&] { of("dog=2"); }, ErrorKind::kConfig,
              {"has no weight for cat"});
  ExpectError([&] { of("dgo=2,cat=1"); }, ErrorKind::kConfig,
              {"did you mean 'dog'?"});
}

TEST(ClassWeightsInFile, HasAClassAndItsWeightPerLine) {
  const TempFolder folder;
  const std::string path = (folder / "w.csv").string();
  const auto read = [&](const std::string& text) {
    WriteTextFile(path, text);
    return ClassWeightsInFile(path);
  };
  EXPECT_EQ(read("class,weight\r\ncat,2\r\n\r\ndog,0.5"), "cat=2,dog=0.5");
  EXPECT_EQ(read("\"bell, red\",2\n"), "\"bell, red=2\"");
  EXPECT_EQ(read("caf\xE9,2\n"), "caf\\xE9=2");
  for (const char* text :
       {"", "class,weight\n", "cat,2\ndog\n", "cat,2\ndog,x\n", "cat,1,2\n",
        ",2\n", "\"cat,2\n"}) {
    ExpectError([&] { read(text); }, ErrorKind::kFormat, {"w.csv"});
  }
  ExpectError([&] { read("cat,2\ndog,x\n"); }, ErrorKind::kFormat, {"w.csv:2"});
  ExpectError([&] { read("cat,2\ncat,3\n"); }, ErrorKind::kConfig,
              {"'cat' twice"});
  ExpectError([&] { ClassWeightsInFile((folder / "none.csv").string()); },
              ErrorKind::kIo, {"none.csv"});
}

}  // namespace
}  // namespace wsel::train
