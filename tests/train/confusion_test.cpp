#include "wsel/train/confusion.h"

#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::train {
namespace {

// Of 4 cats 3 are seen as such and one as a dog, of 2 dogs one, one as a cat;
// a fish is never there and once predicted, a newt there and never predicted.
Confusion Zoo() {
  Confusion zoo({"cat", "dog", "fish", "newt"});
  for (int i = 0; i < 3; ++i) zoo.Add(0, 0);
  zoo.Add(0, 1);
  zoo.Add(1, 1);
  zoo.Add(1, 0);
  zoo.Add(3, 2);
  zoo.Add(3, 0);
  return zoo;
}

TEST(Confusion, CountsByLabelAndPrediction) {
  const Confusion zoo = Zoo();
  EXPECT_EQ(zoo.Count(0, 0), 3);
  EXPECT_EQ(zoo.Count(0, 1), 1);
  EXPECT_EQ(zoo.Count(3, 2), 1);
  EXPECT_EQ(zoo.Count(2, 3), 0);
  EXPECT_EQ(zoo.total(), 8);
  EXPECT_EQ(zoo.Accuracy(), 0.5);
}

TEST(Confusion, ScoresEachClass) {
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

TEST(Confusion, WritesTheMatrix) {
  EXPECT_EQ(Zoo().MatrixCsv(),
            "label,cat,dog,fish,newt\n"
            "cat,3,1,0,0\n"
            "dog,1,1,0,0\n"
            "fish,0,0,0,0\n"
            "newt,1,0,1,0\n");
}

// The averages are over cat, dog and newt: the fish has no samples.
TEST(Confusion, WritesTheScoresAndTheirAverages) {
  Confusion two({"cat", "dog", "fish"});
  for (const int32_t label : {0, 0, 1, 1}) two.Add(label, 0);
  EXPECT_EQ(two.ScoresCsv(),
            "class,support,predicted,correct,recall,precision\n"
            "cat,2,4,2,1,0.5\n"
            "dog,2,0,0,0,0\n"
            "fish,0,0,0,0,0\n"
            "macro average,4,,,0.5,0.25\n"
            "accuracy,4,,,0.5,\n");
}

TEST(Confusion, QuotesNamesThatHoldSeparators) {
  Confusion names({"a,b", "the \"c\"", "d\ne", "plain name"});
  EXPECT_EQ(names.MatrixCsv(),
            "label,\"a,b\",\"the \"\"c\"\"\",\"d\ne\",plain name\n"
            "\"a,b\",0,0,0,0\n"
            "\"the \"\"c\"\"\",0,0,0,0\n"
            "\"d\ne\",0,0,0,0\n"
            "plain name,0,0,0,0\n");
}

TEST(Confusion, OfNothingHasNoRatios) {
  EXPECT_EQ(Confusion({"a"}).Accuracy(), 0);
  EXPECT_EQ(Confusion({"a"}).ScoresCsv(),
            "class,support,predicted,correct,recall,precision\n"
            "a,0,0,0,0,0\n"
            "macro average,0,,,0,0\n"
            "accuracy,0,,,0,\n");
}

TEST(Confusion, RefusesWhatIsNoClass) {
  Confusion zoo = Zoo();
  ExpectError([&] { zoo.Add(4, 0); }, ErrorKind::kMismatch, {"4", "classes"});
  ExpectError([&] { zoo.Add(0, -1); }, ErrorKind::kMismatch, {"-1"});
  EXPECT_EQ(zoo.total(), 8);
}

}  // namespace
}  // namespace wsel::train
