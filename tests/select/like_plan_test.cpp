#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "select/small_bert.h"
#include "throws.h"
#include "wsel/select/generic_plan.h"
#include "wsel/select/plan_json.h"
#include "wsel/select/report.h"

namespace wsel::select {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;

Plan PlanOf(const std::vector<TensorSpec>& teacher,
            const std::vector<TensorSpec>& like, const Options& options = {}) {
  return PlanLike(teacher, "t.pth", like, "s.pth", options, NoScores());
}

TEST(PlanLike, IndexesEqualSizesThatShrinkAlikeEqually) {
  Options options;
  options.method = RuleNamed("random");
  const Plan plan = PlanOf(SmallBert(16, 4, 32), SmallBert(8, 4, 12), options);
  const std::string layer = "encoder.layer.1.";
  const IndexSet& width = SetOf(plan, "embeddings.LayerNorm.bias", 0);
  EXPECT_EQ(width.name, "16->8");
  EXPECT_EQ(SetOf(plan, layer + "attention.self.key.weight", 0), width);
  EXPECT_EQ(SetOf(plan, layer + "output.dense.weight", 0), width);
  EXPECT_EQ(SetOf(plan, layer + "output.dense.weight", 1),
            SetOf(plan, layer + "intermediate.dense.bias", 0));
  EXPECT_THAT(plan.notes,
              Contains(HasSubstr("assumed, because roles are unknown: "
                                 "dimensions that shrink between the same two "
                                 "sizes are the same one and get the same "
                                 "indices (16->8, 32->12)")));
}

TEST(PlanLike, MapsLayersByTheRule) {
  Options options;
  options.layers = "2,0";
  const Plan plan = PlanOf(SmallBert(16, 4, 32), SmallBert(8, 2, 32), options);
  EXPECT_EQ(SelectedOf(plan, "encoder.layer.0.output.dense.bias").teacher,
            "encoder.layer.2.output.dense.bias");
  EXPECT_EQ(SelectedOf(plan, "encoder.layer.1.output.dense.bias").teacher,
            "encoder.layer.0.output.dense.bias");
  EXPECT_THAT(
      plan.unused,
      Contains(FieldsAre("encoder.layer.1.output.dense.bias", kUnusedBlock)));
  options.layers = "frist";
  ExpectError(
      [&] { PlanOf(SmallBert(16, 4, 32), SmallBert(8, 4, 32), options); },
      ErrorKind::kUsage, {"layers: ", "did you mean 'first'"});
}

TEST(PlanLike, AccountsForTensorsThatAreNotWeights) {
  const auto teacher = SmallBert(16, 4, 32);
  const Plan plan = PlanOf(teacher, SmallBert(8, 2, 16));
  EXPECT_EQ(plan.entries.size(), SmallBert(8, 2, 16).size() - 1);
  EXPECT_THAT(plan.notes, Contains(HasSubstr("embeddings.position_ids is left "
                                             "out: it holds")));
  EXPECT_THAT(plan.unused, Contains(FieldsAre("embeddings.position_ids",
                                              HasSubstr("not weights"))));
  EXPECT_EQ(PlanFromJson(ToJson(plan), "p"), plan);
}

TEST(PlanLike, IndexesAFusedQkvInThreeParts) {
  const std::vector<TensorSpec> teacher = {{"qkv.weight", {48, 16}}};
  const Plan plan = PlanOf(teacher, {{"qkv.weight", {24, 8}}});
  EXPECT_EQ(SelectedOf(plan, "qkv.weight").axes[0].groups, 3);
  EXPECT_EQ(SetOf(plan, "qkv.weight", 0), SetOf(plan, "qkv.weight", 1));
  EXPECT_THAT(plan.notes, Contains(HasSubstr("48->24 is three times 16->8")));
}

// Dimensions are only the same if they are equal in both models.
TEST(PlanLike, SeparatesDimensionsThatShrinkDifferently) {
  const Plan plan = PlanOf({{"up", {16, 16}}}, {{"up", {8, 4}}});
  EXPECT_EQ(SetOf(plan, "up", 0).name, "16->8");
  EXPECT_EQ(SetOf(plan, "up", 1).name, "16->4");
}

TEST(PlanLike, ReportsStacksOfLayers) {
  const std::string text =
      Report(PlanOf(SmallBert(16, 4, 32), SmallBert(8, 2, 32)));
  EXPECT_THAT(text, HasSubstr("teacher  t.pth: encoder.layer.* 4"));
  EXPECT_THAT(text, HasSubstr("student  s.pth: encoder.layer.* 2"));
  EXPECT_THAT(text, HasSubstr("encoder.layer.*.output.dense.bias"));
}

TEST(PlanLike, RejectsTensorsThatTheTeacherCannotGive) {
  const std::vector<TensorSpec> teacher = {{"a", {4, 4}}, {"b", {4}}};
  ExpectError(
      [&] {
        PlanOf(teacher, {{"a", {5, 4}}});
      },
      ErrorKind::kMismatch, {"has 5", "only 4", "(a)"});
  ExpectError(
      [&] {
        PlanOf(teacher, {{"c", {4}}});
      },
      ErrorKind::kMismatch, {"c: the teacher has no such tensor", "skip 'c'"});
  ExpectError(
      [&] {
        PlanOf(teacher, {{"b", {4, 4}}});
      },
      ErrorKind::kMismatch,
      {"b: is [4, 4] in the student and [4] in the teacher"});
  ExpectError(
      [&] {
        PlanOf(teacher, {{"b", {0}}});
      },
      ErrorKind::kMismatch, {"4->0", "is 0 in the student (b)"});
  ExpectError(
      [] {
        PlanOf({{"a", {4}, DType::kI64}}, {{"a", {2}}});
      },
      ErrorKind::kMismatch, {"a: holds", "floating-point"});
  Options whole;
  whole.heads = Heads::kWhole;
  ExpectError(
      [&] {
        PlanOf(teacher, {{"b", {2}}}, whole);
      },
      ErrorKind::kUsage, {"heads: ", "use a family file"});
}

TEST(PlanLike, ReinitialisesSkippedTensors) {
  Options options;
  options.skip = {"head.*"};
  const Plan plan = PlanOf({{"a", {4}}, {"head.weight", {5, 4}}},
                           {{"a", {2}}, {"head.weight", {9, 2}}}, options);
  EXPECT_TRUE(std::holds_alternative<Reinitialised>(
      EntryOf(plan, "head.weight").source));
  EXPECT_THAT(plan.unused, ElementsAre(FieldsAre("head.weight", "skipped")));
}

}  // namespace
}  // namespace wsel::select
