#include "wsel/train/confusion_matrix.h"

#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::train {
namespace {

// Of 4 cats 3 are predicted correctly and one as a dog; of 2 dogs one, and one
// as a cat; of 2 newts none. There is no fish, but one is predicted.
ConfusionMatrix Zoo() {
  ConfusionMatrix zoo({"cat", "dog", "fish", "newt"});
  for (int i = 0; i < 3; ++i) zoo.Add(0, 0);
  zoo.Add(0, 1);
  zoo.Add(1, 1);
  zoo.Add(1, 0);
  zoo.Add(3, 2);
  zoo.Add(3, 0);
  return zoo;
}

TEST(ConfusionMatrix, CountsByLabelAndPrediction) {
  const ConfusionMatrix zoo = Zoo();
  EXPECT_EQ(zoo.Count(0, 0), 3);
  EXPECT_EQ(zoo.Count(0, 1), 1);
  EXPECT_EQ(zoo.Count(3, 2), 1);
  EXPECT_EQ(zoo.Count(2, 3), 0);
  EXPECT_EQ(zoo.total(), 8);
  EXPECT_EQ(zoo.Accuracy(), 0.5);
}

TEST(ConfusionMatrix, ScoresEachClass) {
  const ClassScore cat = Zoo().Score(0);
  EXPECT_EQ(cat.support, 4);
  EXPECT_EQ(cat.predicted, 5);
  EXPECT_EQ(cat.correct, 3);
  EXPECT_EQ(cat.recall, 0.75);
  EXPECT_EQ(cat.precision, 0.6);
  const ClassScore fish = Zoo().Score(2);
  EXPECT_EQ(fish.support, 0);
  EXPECT_EQ(fish.predicted, 1);
  EXPECT_EQ(fish.recall, 0);
  EXPECT_EQ(Zoo().Score(3).precision, 0);
}

TEST(ConfusionMatrix, WritesTheMatrix) {
  EXPECT_EQ(Zoo().MatrixCsv(),
            "label,cat,dog,fish,newt\n"
            "cat,3,1,0,0\n"
            "dog,1,1,0,0\n"
            "fish,0,0,0,0\n"
            "newt,1,0,1,0\n");
}

// The averages are over cat, dog and newt: the fish has no samples.
TEST(ConfusionMatrix, WritesTheScoresAndTheirAverages) {
  ConfusionMatrix two({"cat", "dog", "fish"});
  for (const int32_t label : {0, 0, 1, 1}) two.Add(label, 0);
  EXPECT_EQ(two.ScoresCsv(),
            "class,support,predicted,correct,recall,precision\n"
            "cat,2,4,2,1,0.5\n"
            "dog,2,0,0,0,0\n"
            "fish,0,0,0,0,0\n"
            "macro average,4,,,0.5,0.25\n"
            "accuracy,4,,,0.5,\n");
}

TEST(ConfusionMatrix, QuotesNamesWithSeparators) {
  ConfusionMatrix names({"a,b", "the \"c\"", "d\ne", "plain name"});
  EXPECT_EQ(names.MatrixCsv(),
            "label,\"a,b\",\"the \"\"c\"\"\",\"d\ne\",plain name\n"
            "\"a,b\",0,0,0,0\n"
            "\"the \"\"c\"\"\",0,0,0,0\n"
            "\"d\ne\",0,0,0,0\n"
            "plain name,0,0,0,0\n");
}

TEST(ConfusionMatrix, IsZeroWithoutSamples) {
  EXPECT_EQ(ConfusionMatrix({"a"}).Accuracy(), 0);
  EXPECT_EQ(ConfusionMatrix({"a"}).ScoresCsv(),
            "class,support,predicted,correct,recall,precision\n"
            "a,0,0,0,0,0\n"
            "macro average,0,,,0,0\n"
            "accuracy,0,,,0,\n");
}

TEST(ConfusionMatrix, AnIndexOutOfRangeIsAnError) {
  ConfusionMatrix zoo = Zoo();
  ExpectError([&] { zoo.Add(4, 0); }, ErrorKind::kMismatch, {"4", "classes"});
  ExpectError([&] { zoo.Add(0, -1); }, ErrorKind::kMismatch, {"-1"});
  EXPECT_EQ(zoo.total(), 8);
}

}  // namespace
}  // namespace wsel::train
