#include "wsel/select/selection_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "select/rule_named.h"
#include "wsel/core/text_file.h"

namespace wsel::select {
namespace {

using testing::HasSubstr;

TEST(Methods, HaveAFunctionAndADocumentedName) {
  const std::string docs = ReadText(WSEL_SOURCE_DIR "/docs/init.md");
  for (const auto& row : Methods().rows()) {
    const SelectionRule& rule = *row.value;
    EXPECT_EQ(rule.name, row.name);
    const int ways = (rule.select == nullptr ? 0 : 1) +
                     (rule.score == nullptr ? 0 : 1) +
                     (rule.NeedsImages() ? 1 : 0);
    EXPECT_EQ(ways, 1) << rule.name;
    EXPECT_THAT(docs, HasSubstr("`" + std::string(rule.name) + "`"));
  }
}

// Every rule without scores gives as many ascending indices as asked for.
TEST(Methods, SelectAscendingIndicesWithinTheDimension) {
  for (const auto& row : Methods().rows()) {
    if (row.value->IsDataDependent()) continue;
    for (const auto& [from, to] :
         std::vector<std::pair<int64_t, int64_t>>{{12, 4}, {7, 5}, {5, 1}}) {
      const Indices taken =
          row.value->select(from, to, RandomStream(3, "dimension"));
      ASSERT_EQ(static_cast<int64_t>(taken.size()), to) << row.name;
      for (size_t i = 1; i < taken.size(); ++i) {
        EXPECT_LT(taken[i - 1], taken[i]) << row.name;
      }
      EXPECT_GE(taken.front(), 0) << row.name;
      EXPECT_LT(taken.back(), from) << row.name;
    }
  }
}

TEST(Methods, AreConsistentAndDataDependentAsInThePaper) {
  for (const char* name : {"uniform", "consecutive", "random"}) {
    EXPECT_TRUE(RuleNamed(name)->KeepsConsistency()) << name;
    EXPECT_FALSE(RuleNamed(name)->IsDataDependent()) << name;
  }
  EXPECT_FALSE(RuleNamed("random-inconsistent")->KeepsConsistency());
  for (const char* name : {"l1", "magnitude"}) {
    EXPECT_FALSE(RuleNamed(name)->KeepsConsistency()) << name;
    EXPECT_TRUE(RuleNamed(name)->IsDataDependent()) << name;
  }
  EXPECT_EQ(&DefaultRule(), RuleNamed("uniform"));
}

TEST(Methods, ThatLookAtImagesKeepConsistencyAndOnlyTwoSolve) {
  for (const char* name :
       {"activation", "taylor", "regression", "projection"}) {
    EXPECT_TRUE(RuleNamed(name)->NeedsImages()) << name;
    EXPECT_TRUE(RuleNamed(name)->IsDataDependent()) << name;
    EXPECT_TRUE(RuleNamed(name)->KeepsConsistency()) << name;
  }
  EXPECT_EQ(RuleNamed("activation")->solve, Solve::kNone);
  EXPECT_EQ(RuleNamed("taylor")->calibration, Calibration::kGradients);
  EXPECT_EQ(RuleNamed("regression")->solve, Solve::kRegression);
  EXPECT_EQ(RuleNamed("projection")->solve, Solve::kProjection);
}

}  // namespace
}  // namespace wsel::select
