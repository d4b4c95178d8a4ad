#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "select/rule_functions.h"
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

const std::string kLayer = "encoder.layer.1.";

// The teacher has width 16, 4 layers, and an MLP of 32.
Plan PlanOf(const Sizes& student, const Options& options = {},
            const Sizes& teacher = {{"inner.heads", 4}}) {
  return PlanByFamily(Bert(), SmallBert(16, 4, 32), teacher, student, options,
                      NoScores());
}

void ExpectRejected(const Sizes& student, ErrorKind kind,
                    const std::vector<std::string>& parts,
                    const Options& options = {},
                    const Sizes& teacher = {{"inner.heads", 4}}) {
  ExpectError([&] { PlanOf(student, options, teacher); }, kind, parts);
}

Options With(Heads heads, Method method = RuleNamed("uniform")) {
  Options options;
  options.heads = heads;
  options.method = method;
  return options;
}

TEST(PlanByFamily, IndexesTheResidualStreamAndTheMlpConsistently) {
  for (const Method method :
       {RuleNamed("uniform"), RuleNamed("consecutive"), RuleNamed("random")}) {
    const Plan plan = PlanOf({{"width", 6}}, With(Heads::kFlat, method));
    const IndexSet& width = SetOf(plan, "embeddings.LayerNorm.bias", 0);
    EXPECT_EQ(width.name, "width");
    EXPECT_EQ(width.indices.size(), 6U);
    for (const auto& [name, axis] : std::vector<std::pair<std::string, int>>{
             {"embeddings.word_embeddings.weight", 1},
             {"embeddings.position_embeddings.weight", 1},
             {kLayer + "attention.self.query.weight", 1},
             {kLayer + "attention.output.dense.weight", 0},
             {kLayer + "intermediate.dense.weight", 1},
             {kLayer + "output.dense.weight", 0},
             {"pooler.dense.weight", 0},
             {"pooler.dense.weight", 1}}) {
      EXPECT_EQ(SetOf(plan, name, axis), width) << name;
    }
    const IndexSet& mlp = SetOf(plan, kLayer + "output.dense.weight", 1);
    EXPECT_EQ(mlp.indices.size(), 12U) << "follows the width";
    EXPECT_EQ(SetOf(plan, kLayer + "intermediate.dense.weight", 0), mlp);
    EXPECT_EQ(SetOf(plan, kLayer + "intermediate.dense.bias", 0), mlp);
  }
}

// Row i of query and of key are the same channel of the teacher, and so are row
// i of value and column i of the output.
TEST(PlanByFamily, IndexesAttentionConsistentlyByEveryRule) {
  for (const Heads heads : {Heads::kFlat, Heads::kWhole, Heads::kWithin}) {
    for (const Method method : {RuleNamed("uniform"), RuleNamed("random")}) {
      const Plan plan = PlanOf({{"width", 8}}, With(heads, method));
      const std::string self = kLayer + "attention.self.";
      const auto& inner = SetOf(plan, self + "query.weight", 0).indices;
      EXPECT_EQ(inner.size(), 8U);
      for (const char* name : {"query.bias", "key.weight", "key.bias",
                               "value.weight", "value.bias"}) {
        EXPECT_EQ(SetOf(plan, self + name, 0).indices, inner) << name;
      }
      EXPECT_EQ(
          SetOf(plan, kLayer + "attention.output.dense.weight", 1).indices,
          inner);
    }
  }
}

TEST(PlanByFamily, SelectsWholeHeadsOrWithinHeads) {
  const std::string query = kLayer + "attention.self.query.bias";
  EXPECT_THAT(
      SetOf(PlanOf({{"width", 8}}, With(Heads::kWhole)), query, 0).indices,
      ElementsAre(0, 1, 2, 3, 8, 9, 10, 11));
  EXPECT_THAT(
      SetOf(PlanOf({{"width", 8}}, With(Heads::kWithin)), query, 0).indices,
      ElementsAre(0, 2, 4, 6, 8, 10, 12, 14));
}

TEST(PlanByFamily, SelectsLayersByTheRuleAndTheFirstTokens) {
  Options options;
  options.layers = "last";
  const Plan plan = PlanOf({{"layers", 2}, {"tokens", 5}}, options);
  EXPECT_EQ(SelectedOf(plan, kLayer + "output.dense.bias").teacher,
            "encoder.layer.3.output.dense.bias");
  EXPECT_THAT(SetOf(plan, "embeddings.position_embeddings.weight", 0).indices,
              ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(plan.layers, ElementsAre(ElementsAre(2, 3)));
  EXPECT_EQ(plan.entries.size(), 5U + 2 * 16 + 2);
}

TEST(PlanByFamily, AccountsForEveryTensorOfTheTeacher) {
  const Plan plan = PlanOf({{"layers", 3}});
  EXPECT_EQ(plan.entries.size() + plan.unused.size(),
            SmallBert(16, 4, 32).size());
  EXPECT_THAT(plan.unused, Contains(FieldsAre("embeddings.position_ids",
                                              HasSubstr("BertModel makes"))));
  EXPECT_THAT(
      plan.unused,
      Contains(FieldsAre("encoder.layer.3.output.dense.bias", kUnusedBlock)));
}

TEST(PlanByFamily, AllowsATeacherWithoutOptionalTensors) {
  auto teacher = SmallBert(16, 4, 32);
  teacher.resize(teacher.size() - 2);  // the pooler
  const Plan plan =
      PlanByFamily(Bert(), teacher, {}, {{"width", 8}}, {}, NoScores());
  EXPECT_EQ(plan.entries.back().student.name,
            "encoder.layer.3.output.LayerNorm.bias");
}

TEST(PlanByFamily, RejectsASizeOfADimensionThatTheTeacherLacks) {
  const auto family = FamilyFromJson(
      R"({"name": "headless", "about": "",
          "dimensions": {"width": "width", "classes": "fixed"},
          "tensors": {"stem": ["width"], "head": ["classes", "width"]},
          "optional": ["head"]})",
      "headless.json");
  const std::vector<TensorSpec> teacher = {{"stem", {4}}};
  const auto plan = [&] {
    PlanByFamily(family, teacher, {}, {{"classes", 3}}, {}, NoScores());
  };
  ExpectError(plan, ErrorKind::kMismatch,
              {"classes: no tensor of the teacher has this dimension"});
}

TEST(PlanByFamily, SelectsPerTensorIfTheMethodIsInconsistent) {
  const Plan plan = PlanOf(
      {{"width", 8}}, With(Heads::kFlat, RuleNamed("random-inconsistent")));
  EXPECT_NE(SetOf(plan, "embeddings.LayerNorm.weight", 0).indices,
            SetOf(plan, "embeddings.LayerNorm.bias", 0).indices);
  EXPECT_THAT(plan.notes, Contains(HasSubstr("breaks consistency")));
  ExpectRejected({{"width", 8}}, ErrorKind::kUsage,
                 {"heads: ", "does not keep heads"},
                 With(Heads::kWhole, RuleNamed("random-inconsistent")));
}

// Hidden channels are ranked by their own layer's tensors, the width by all.
TEST(PlanByFamily, RanksEachLayerByItsOwnScores) {
  const auto specs = SmallBert(16, 4, 32);
  const ImportanceScores importance = {
      [&](const std::string& name, size_t axis, ScoreFunction score) {
        EXPECT_EQ(score, SquaredL2Scores);
        const bool last = name.find("layer.3.intermediate") != name.npos;
        auto copy = specs;
        std::vector<double> scores(SpecOf(copy, name).shape[axis], 1);
        if (last && axis == 0) scores.back() = 9;
        return scores;
      },
      {}};
  Options options;
  options.method = RuleNamed("l2-shared");
  const Plan plan =
      PlanByFamily(Bert(), specs, {}, {{"mlp", 2}}, options, importance);
  const auto taken = [&](const char* layer) {
    return SetOf(plan, std::string(layer) + "output.dense.weight", 1).indices;
  };
  EXPECT_THAT(taken("encoder.layer.2."), ElementsAre(0, 1));
  EXPECT_THAT(taken("encoder.layer.3."), ElementsAre(0, 31));
}

TEST(PlanByFamily, ReinitialisesSkippedTensors) {
  Options options;
  options.skip = {"pooler.*", "encoder.layer.0.output.LayerNorm.*"};
  const Plan plan = PlanOf({{"width", 8}}, options);
  const auto init = [&](const std::string& name) {
    return model::Describe(
        std::get<Reinitialised>(EntryOf(plan, name).source).init);
  };
  EXPECT_EQ(init("pooler.dense.bias"), "zeros");
  EXPECT_EQ(init("encoder.layer.0.output.LayerNorm.weight"), "ones");
  EXPECT_THAT(init("pooler.dense.weight"), HasSubstr("0.02"));
  options.skip = {"attn"};
  ExpectRejected({{"width", 8}}, ErrorKind::kUsage,
                 {"skip: ", "'attn'", "pattern"}, options);
}

// Changing the vocabulary only requires re-initialised embeddings.
TEST(PlanByFamily, LetsAFixedDimensionChangeIfItsTensorsAreSkipped) {
  ExpectRejected({{"vocabulary", 7}}, ErrorKind::kMismatch,
                 {"vocabulary", "is fixed", "11", "7", "word_embeddings"});
  Options options;
  options.skip = {"embeddings.word_embeddings.*"};
  EXPECT_EQ(EntryOf(PlanOf({{"vocabulary", 7}}, options),
                    "embeddings.word_embeddings.weight")
                .student.shape,
            (Shape{7, 16}));
}

TEST(PlanByFamily, RoundTripsThroughJson) {
  for (const Method method :
       {RuleNamed("uniform"), RuleNamed("random-inconsistent")}) {
    Options options = With(Heads::kFlat, method);
    options.skip = {"pooler.*"};
    const Plan plan = PlanOf({{"width", 8}, {"layers", 2}}, options);
    EXPECT_EQ(PlanFromJson(ToJson(plan), "plan.json"), plan);
  }
}

TEST(PlanByFamily, ReportsSizesAndFoldsLayers) {
  const std::string text = Report(PlanOf({{"width", 8}, {"layers", 2}}));
  EXPECT_THAT(text, HasSubstr("teacher  bert: width 16, layers 4, inner 16, "
                              "inner.heads 4, mlp 32, tokens 8"));
  EXPECT_THAT(text,
              HasSubstr("student  bert: width 8, layers 2, inner 8, mlp"));
  EXPECT_THAT(text, HasSubstr("encoder.layer.*.output.dense.weight"));
  EXPECT_THAT(text, HasSubstr("encoder.layer.2.*: no block of the student"));
  EXPECT_THAT(text, HasSubstr("a head of the student does not correspond"));
}

TEST(PlanByFamily, RejectsAStudentThatIsLargerThanTheTeacher) {
  ExpectRejected({{"width", 32}}, ErrorKind::kMismatch,
                 {"width", "has 32", "only 16", "embeddings.word_embeddings"});
  ExpectRejected({{"layers", 5}}, ErrorKind::kMismatch,
                 {"depth", "has 5", "only 4"});
}

TEST(PlanByFamily, RejectsUnknownAndInvalidSizes) {
  ExpectRejected({{"widht", 8}}, ErrorKind::kUsage,
                 {"student size: ", "did you mean 'width'"});
  for (const int64_t size : {int64_t{0}, int64_t{-3}, INT64_MAX}) {
    ExpectRejected({{"width", size}}, ErrorKind::kUsage,
                   {"student size: ", "width", "is not a valid size"});
  }
  ExpectRejected({}, ErrorKind::kUsage,
                 {"teacher size: ", "unknown size 'head'"}, {}, {{"head", 4}});
}

TEST(PlanByFamily, RejectsSizesThatDoNotDivide) {
  const auto teacher = SmallBert(16, 1, 24);
  const auto plan = [&] {
    PlanByFamily(Bert(), teacher, {}, {{"width", 7}}, {}, NoScores());
  };
  ExpectError(plan, ErrorKind::kMismatch,
              {"mlp", "follows 'width'", "student size mlp=N"});
  ExpectRejected({}, ErrorKind::kUsage,
                 {"teacher size: ", "inner.heads", "do not divide", "16"}, {},
                 {{"inner.heads", 3}});
  ExpectRejected({{"width", 8}, {"inner.heads", 3}}, ErrorKind::kMismatch,
                 {"inner.heads", "8 channels cannot be divided into 3 heads"});
  ExpectRejected({{"width", 6}}, ErrorKind::kMismatch,
                 {"inner", "head dimension 4", "student has 6"},
                 With(Heads::kWhole));
  ExpectRejected({{"width", 6}}, ErrorKind::kMismatch,
                 {"inner.heads", "cannot be divided into 4 heads"},
                 With(Heads::kWithin));
  ExpectRejected({{"width", 8}, {"inner.heads", 4}}, ErrorKind::kMismatch,
                 {"inner.heads", "gives the student 2"}, With(Heads::kWhole));
}

TEST(PlanByFamily, AsksForHeadsIfARuleNeedsThem) {
  ExpectRejected({{"width", 8}}, ErrorKind::kUsage,
                 {"heads: ", "teacher size inner.heads=N"}, With(Heads::kWhole),
                 {});
}

}  // namespace
}  // namespace wsel::select
