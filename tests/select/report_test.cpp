#include "wsel/select/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hashed_source.h"
#include "select/rule_named.h"
#include "wsel/model/variants.h"

namespace wsel::select {
namespace {

using testing::HasSubstr;

Plan PlanOf(const char* teacher, const char* student,
            const Options& options = {}) {
  const model::Config& config = model::FindVariant(teacher).config;
  return PlanSelection(config, HashedSource(config).Specs(),
                       model::FindVariant(student).config, options, {});
}

TEST(Report, ListsTheSourceOfEachTensor) {
  Options options;
  options.skip = {"norm"};
  options.layers = "last";
  const std::string text =
      Report(PlanOf("vit_small", "vit_a_patch16_224", options));
  EXPECT_THAT(text, HasSubstr("teacher  vit_small_patch16_224, ViT, 22.05 M"));
  EXPECT_THAT(text, HasSubstr("blocks 6, 7, 8, 9, 10, 11"));
  EXPECT_THAT(text, HasSubstr("192 of 384: 0, 2, 4, 6, ... 382"));
  EXPECT_THAT(
      text, HasSubstr("blocks.*.attn.qkv.weight [1152, 384]: attn x3, width"));
  EXPECT_THAT(text, HasSubstr("x6"));
  EXPECT_THAT(text, HasSubstr("re-initialised, ones (skipped: norm)"));
  EXPECT_THAT(text, HasSubstr("blocks.2.*: no block of the student is taken "
                              "from this one (12 tensors)"));
}

TEST(Report, DescribesResampling) {
  const std::string text =
      Report(PlanOf("vit_small_patch14_dinov2", "vit_tiny_patch16_224"));
  EXPECT_THAT(text, HasSubstr("grid 37x37 -> 14x14, bicubic"));
  EXPECT_THAT(text, HasSubstr("kernel 14x14 -> 16x16, pinv"));
}

TEST(Report, SaysHowTheFirstConvolutionIsAdapted) {
  const model::Config& teacher = model::FindVariant("vit_small").config;
  model::Config student = model::FindVariant("vit_tiny").config;
  const auto report = [&](int64_t in_chans) {
    FieldsOf(student).in_chans = in_chans;
    return Report(
        PlanSelection(teacher, HashedSource(teacher).Specs(), student, {}, {}));
  };
  EXPECT_THAT(report(1), HasSubstr("; 3 image channels summed"));
  EXPECT_THAT(report(1), HasSubstr("note     the student's images have 1 "
                                   "channel, the teacher's 3: "
                                   "patch_embed.proj.weight is adapted as by "
                                   "timm, summed over the channels"));
  EXPECT_THAT(report(4), HasSubstr("; 3 image channels repeated to 4, x 3/4"));
}

TEST(Report, SaysThatUndecidedIndicesAreTheTeachersWeightsToChoose) {
  Options options;
  options.method = RuleNamed("l1-shared");
  const std::string text = Report(PlanOf("vit_small", "vit_tiny", options));
  EXPECT_THAT(text, HasSubstr("192 of 384: chosen from the teacher's weights"));
  EXPECT_THAT(text, HasSubstr("blocks.*.attn x3, width"));
}

TEST(CountElements, AddsUpToAllElements) {
  const Plan plan = PlanOf("vit_small", "vit_tiny");
  const ElementCounts counts = CountElements(plan);
  EXPECT_EQ(counts.reinitialised, 1000 * 193);
  EXPECT_EQ(counts.selected + counts.reinitialised,
            ParameterCount(std::get<model::Config>(plan.student)));
}

}  // namespace
}  // namespace wsel::select
