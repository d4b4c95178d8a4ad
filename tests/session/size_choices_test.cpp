#include "wsel/session/size_choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "throws.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::session {
namespace {

using testing::ElementsAre;

const model::Config& Named(const char* name) {
  return model::FindVariant(name).config;
}

select::Options By(const char* method,
                   select::Heads heads = select::Heads::kFlat) {
  return {.method = select::Methods().Find(method, "method"), .heads = heads};
}

// Width and heads of every choice.
std::vector<std::pair<int64_t, int64_t>> VitChoices(
    const model::Config& teacher, const ModelOptions& fixed,
    const select::Options& options) {
  std::vector<std::pair<int64_t, int64_t>> sizes;
  for (const model::Config& choice : WidthChoices(teacher, fixed, options)) {
    const auto& vit = std::get<model::VitConfig>(choice);
    sizes.emplace_back(vit.embed_dim, vit.num_heads);
    EXPECT_NO_THROW(model::Validate(choice, "choice"));
  }
  return sizes;
}

std::vector<std::pair<int64_t, int64_t>> VitChoices(
    const char* teacher, const ModelOptions& fixed,
    const select::Options& options) {
  return VitChoices(Named(teacher), fixed, options);
}

using P = std::pair<int64_t, int64_t>;

TEST(SizeChoices, WidthsOfAViTAreMultiplesThatKernelsLike) {
  EXPECT_THAT(VitChoices("vit_small", {}, By("projection")),
              ElementsAre(P(32, 1), P(64, 1), P(96, 3), P(128, 2), P(160, 5),
                          P(192, 3), P(256, 4), P(320, 5), P(384, 6)));
}

// Projection keeps heads: no more than the teacher's three.
TEST(SizeChoices, HeadsAreThoseThatTheMethodAllows) {
  EXPECT_THAT(VitChoices("vit_tiny", {}, By("projection")),
              ElementsAre(P(32, 1), P(64, 1), P(96, 3), P(128, 2), P(192, 3)));
  EXPECT_THAT(VitChoices("vit_tiny", {}, By("regression")),
              ElementsAre(P(32, 1), P(64, 1), P(96, 3), P(128, 2), P(160, 5),
                          P(192, 3)));
  EXPECT_THAT(
      VitChoices("vit_tiny", {}, By("regression", select::Heads::kWhole)),
      ElementsAre(P(64, 1), P(128, 2), P(192, 3)));
  EXPECT_THAT(
      VitChoices("vit_tiny", {}, By("regression", select::Heads::kWithin)),
      ElementsAre(P(96, 3), P(192, 3)));
}

// Rotary positions order the channels of a head: no rule adds heads, and
// projection keeps them whole.
TEST(SizeChoices, HeadsThatRotateAreKept) {
  auto teacher = std::get<model::VitConfig>(Named("vit_tiny"));
  teacher.rope = model::Rope::kAxial;
  EXPECT_THAT(VitChoices(teacher, {}, By("regression")),
              ElementsAre(P(32, 1), P(64, 1), P(96, 3), P(128, 2), P(192, 3)));
  EXPECT_THAT(VitChoices(teacher, {}, By("projection")),
              ElementsAre(P(64, 1), P(128, 2), P(192, 3)));
  // Lambdas have the size of a head.
  teacher.rope = model::Rope::kNone;
  teacher.diff_attn = true;
  EXPECT_THAT(VitChoices(teacher, {}, By("regression")),
              ElementsAre(P(64, 1), P(128, 2), P(192, 3)));
}

TEST(SizeChoices, FixedSizesStayFixed) {
  ModelOptions heads;
  heads.num_heads = 3;
  EXPECT_THAT(VitChoices("vit_tiny", heads, By("projection")),
              ElementsAre(P(96, 3), P(192, 3)));
  ModelOptions width;
  width.embed_dim = "96";
  EXPECT_THAT(VitChoices("vit_tiny", width, By("projection")),
              ElementsAre(P(96, 3)));
  ModelOptions depth;
  depth.depth = "6";
  EXPECT_THAT(LeastDepths(Named("vit_tiny"), depth), ElementsAre(6));
  EXPECT_THAT(LeastDepths(Named("vit_tiny"), {}), ElementsAre(1));
  EXPECT_THAT(LeastDepths(Named("convnext_tiny"), {}), ElementsAre(1, 1, 1, 1));
}

TEST(SizeChoices, StagesOfAConvNextKeepTheirRatio) {
  const auto choices =
      WidthChoices(Named("convnext_tiny"), {}, By("regression"));
  ASSERT_EQ(choices.size(), 12U);
  const auto widths = [&](size_t i) {
    return std::get<model::ConvNextConfig>(choices[i]).dims;
  };
  EXPECT_THAT(widths(0), ElementsAre(8, 16, 32, 64));
  EXPECT_THAT(widths(4), ElementsAre(40, 80, 160, 320));
  EXPECT_THAT(widths(11), ElementsAre(96, 192, 384, 768));
}

TEST(SizeChoices, RejectsSizesThatCannotBe) {
  const auto choose = [](const char* name, const ModelOptions& fixed,
                         const select::Options& options) {
    return [=] { WidthChoices(Named(name), fixed, options); };
  };
  ModelOptions wide;
  wide.embed_dim = "256";
  ExpectError(choose("vit_tiny", wide, By("uniform")), ErrorKind::kMismatch,
              {"embed_dim", "192"});
  ModelOptions heads;
  heads.num_heads = 7;
  ExpectError(choose("vit_tiny", heads, By("uniform")), ErrorKind::kUsage,
              {"num_heads"});
  ExpectError(choose("convnext_tiny", heads, By("uniform")), ErrorKind::kUsage,
              {"num_heads", "no attention heads"});
  ModelOptions deep;
  deep.depth = "13";
  ExpectError([&] { LeastDepths(Named("vit_tiny"), deep); },
              ErrorKind::kMismatch, {"depth", "12 blocks"});
}

TEST(SizeChoices, AnUnreachableBudgetNamesTheSmallestStudent) {
  const auto require = [](const char* budget) {
    CheckBudget(ParseBudget(budget), Named("vit_tiny"), {}, By("projection"));
  };
  require("params=1M");
  require("latency=0.001ms");  // measured later
  ExpectError([&] { require("params=10K"); }, ErrorKind::kUsage,
              {"budget: ", "width 32, depth 1", "M parameters"});
  ExpectError([&] { require("flops=10K"); }, ErrorKind::kUsage, {"GFLOPs"});
  ExpectError([&] { require("latency=8ms@225x1"); }, ErrorKind::kConfig,
              {"budget", "225"});
  ExpectError(
      [] {
        CheckBudget(ParseBudget("params=1M"), Named("vit_tiny"), {}, By("l1"));
      },
      ErrorKind::kUsage, {"method: l1"});
}

TEST(SizeChoices, TheTeachersFormIsKept) {
  ModelOptions fixed;
  fixed.img_size = 112;
  fixed.num_classes = 10;
  fixed.embed_dim = "96";  // not of the base
  const model::Config base = AsLargeAs(Named("vit_tiny"), fixed);
  EXPECT_EQ(ImageSize(base), 112);
  EXPECT_EQ(NumClasses(base), 10);
  EXPECT_EQ(NumFeatures(base), 192);
  fixed.img_size = 113;
  ExpectError([&] { AsLargeAs(Named("vit_tiny"), fixed); }, ErrorKind::kConfig,
              {"img_size"});
}

TEST(SizeChoices, BlocksCostWhatTheyAddToTheModel) {
  model::VitConfig config = std::get<model::VitConfig>(Named("vit_tiny"));
  const double before = CostOf(BudgetKind::kParams, model::Config(config));
  ++config.depth;
  const double after = CostOf(BudgetKind::kParams, model::Config(config));
  EXPECT_THAT(BlockCosts(BudgetKind::kParams, Named("vit_tiny")),
              ElementsAre(after - before));
  EXPECT_EQ(BlockCosts(BudgetKind::kFlops, Named("convnext_tiny")).size(), 4U);
}

TEST(Front, IsMonotoneAndKeepsTheFirstOfEquals) {
  const auto candidate = [](double parameters, double error, int64_t classes) {
    SizeCandidate c;
    c.parameters = parameters;
    c.estimated = error;
    model::SetNumClasses(c.config, classes);
    return c;
  };
  const auto front = FrontOf(
      {candidate(5, 0.5, 1), candidate(3, 0.7, 2), candidate(3, 0.6, 3),
       candidate(4, 0.6, 4), candidate(5, 0.5, 5), candidate(9, 0, 6)},
      [](const SizeCandidate& c) { return CostOf(BudgetKind::kParams, c); });
  std::vector<int64_t> kept;
  for (const auto& c : front) kept.push_back(NumClasses(c.config));
  EXPECT_THAT(kept, ElementsAre(3, 1, 6));
}

}  // namespace
}  // namespace wsel::session
