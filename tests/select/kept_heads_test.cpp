// Channels that rotary positions turn together stay together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "select/element_selection.h"
#include "throws.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/select/plan.h"

namespace wsel::select {
namespace {

using model::FindVariant;
using model::VitConfig;
using testing::ElementsAre;
using testing::HasSubstr;

VitConfig Vit(const char* name) {
  return std::get<VitConfig>(FindVariant(name).config);
}

std::vector<TensorSpec> SpecsOf(const model::Config& config) {
  std::vector<TensorSpec> specs;
  for (const model::ParameterSpec& parameter : ParameterSpecs(config)) {
    specs.push_back(parameter.spec);
  }
  return specs;
}

Plan PlanOf(const VitConfig& teacher, const VitConfig& student,
            const Options& options = {}) {
  return PlanSelection(teacher, SpecsOf(teacher), student, options, {});
}

const IndexSet& SetOf(const Plan& plan, const std::string& name) {
  for (const IndexSet& set : plan.sets) {
    if (set.name == name) return set;
  }
  throw std::out_of_range(name);
}

TEST(KeptHeads, ChannelsOfAHeadInEachLayout) {
  EXPECT_THAT(ChannelsOfHead(HeadLayout::kPairs, 16, 8),
              ElementsAre(0, 1, 4, 5, 8, 9, 12, 13));
  EXPECT_THAT(ChannelsOfHead(HeadLayout::kHalves, 16, 8),
              ElementsAre(0, 2, 4, 6, 8, 10, 12, 14));
  EXPECT_THAT(ChannelsOfHead(HeadLayout::kMixedPairs, 8, 4),
              ElementsAre(0, 1, 4, 5));
}

// The angle by which a channel of a head is turned at a position.
double Angle(HeadLayout layout, int64_t head_dim, int64_t channel, double row,
             double column) {
  const int64_t frequency =
      layout == HeadLayout::kHalves ? channel % (head_dim / 2) : channel / 2;
  const int64_t bands = head_dim / 4;
  const double power =
      static_cast<double>(frequency % bands) / static_cast<double>(bands);
  return (frequency < bands ? row : column) * std::pow(100.0, -power);
}

// The product of a rotated query and a rotated key, by pairs.
double RotaryProduct(HeadLayout layout, int64_t head_dim,
                     const Indices& channels, const std::vector<double>& q,
                     const std::vector<double>& k) {
  const bool halves = layout == HeadLayout::kHalves;
  const auto count = static_cast<int64_t>(channels.size());
  double sum = 0;
  for (int64_t pair = 0; pair < count / 2; ++pair) {
    const int64_t a = halves ? pair : 2 * pair;
    const int64_t b = halves ? pair + count / 2 : 2 * pair + 1;
    const double turn = Angle(layout, head_dim, channels[a], 3, 5) -
                        Angle(layout, head_dim, channels[a], 1, 7);
    const auto at = [&](const std::vector<double>& x, int64_t i) {
      return x[channels[i]];
    };
    sum += std::cos(turn) * (at(q, a) * at(k, a) + at(q, b) * at(k, b)) +
           std::sin(turn) * (at(q, a) * at(k, b) - at(q, b) * at(k, a));
  }
  return sum;
}

// The student computes with its own frequencies and channels 0, 1, ...; the
// teacher's product, restricted to the selected channels, is the same.
TEST(KeptHeads, RotaryProductsAreThoseOfTheTeachersChannels) {
  for (const HeadLayout layout : {HeadLayout::kPairs, HeadLayout::kHalves}) {
    const int64_t from = 64;
    const int64_t to = 32;
    std::vector<double> q(from);
    std::vector<double> k(from);
    for (int64_t i = 0; i < from; ++i) {
      q[i] = std::sin(1.0 + static_cast<double>(i));
      k[i] = std::cos(2.0 * static_cast<double>(i));
    }
    const Indices channels = ChannelsOfHead(layout, from, to);
    std::vector<double> student_q;
    std::vector<double> student_k;
    Indices own;
    for (const int64_t channel : channels) {
      own.push_back(static_cast<int64_t>(own.size()));
      student_q.push_back(q[channel]);
      student_k.push_back(k[channel]);
    }
    EXPECT_NEAR(RotaryProduct(layout, to, own, student_q, student_k),
                RotaryProduct(layout, from, channels, q, k), 1e-12);
  }
}

TEST(KeptHeads, AreWholeByDefaultWithRotaryPositions) {
  const Plan plan = PlanOf(Vit("vit_base_patch16_dinov3_qkvb"),
                           Vit("vit_tiny_patch16_dinov3_qkvb"));
  const IndexSet& attn = SetOf(plan, "attn");
  ASSERT_EQ(attn.indices.size(), 192U);
  for (size_t i = 0; i < attn.indices.size(); ++i) {
    EXPECT_EQ(attn.indices[i] % 64, static_cast<int64_t>(i % 64));
  }
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("kept whole")));
}

TEST(KeptHeads, LearntFrequenciesFollowTheirHeadsAndBlocks) {
  VitConfig student = Vit("vit_small_patch16_rope_mixed_224");
  student.embed_dim = 192;
  student.num_heads = 3;
  student.depth = 6;
  const Plan plan = PlanOf(Vit("vit_small_patch16_rope_mixed_224"), student);
  EXPECT_THAT(SetOf(plan, "attn.heads").indices, ElementsAre(0, 2, 4));
  EXPECT_THAT(SetOf(plan, "blocks").indices, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(SetOf(plan, "attn").indices[64], 128);
}

TEST(KeptHeads, RejectAStudentWithMoreOfThem) {
  VitConfig student = Vit("vit_tiny_patch16_dinov3_qkvb");
  student.num_heads = 12;
  EXPECT_NO_THROW(PlanOf(Vit("vit_base_patch16_dinov3_qkvb"), student));
  student.num_heads = 16;
  ExpectError([&] { PlanOf(Vit("vit_base_patch16_dinov3_qkvb"), student); },
              ErrorKind::kMismatch, {"num_heads", "16 heads"});
}

TEST(KeptHeads, ParallelBlocksSelectTheirPartsAsOthersDo) {
  VitConfig student = Vit("vit_pwee_patch16_reg1_gap_256");
  student.embed_dim = 128;
  student.num_heads = 2;
  const Plan plan = PlanOf(Vit("vit_pwee_patch16_reg1_gap_256"), student);
  const IndexSet& set = SetOf(plan, "mlp+qkv");
  EXPECT_EQ(set.of, 1280 + 3 * 256);
  ASSERT_EQ(set.indices.size(), 640U + 3 * 128);
  const Indices& attn = SetOf(plan, "attn").indices;
  const Indices& mlp = SetOf(plan, "mlp").indices;
  for (size_t i = 0; i < mlp.size(); ++i) EXPECT_EQ(set.indices[i], mlp[i]);
  for (size_t i = 0; i < attn.size(); ++i) {
    EXPECT_EQ(set.indices[640 + 128 + i], 1280 + 256 + attn[i]);
  }
}

TEST(Kin, AttentionPoolingIsLeftOutForAStudentWithout) {
  const Plan plan =
      PlanOf(Vit("vit_base_patch16_siglip_224"), Vit("vit_tiny_patch16_224"));
  const auto latent =
      std::ranges::find(plan.unused, "attn_pool.latent", &Unused::teacher);
  ASSERT_NE(latent, plan.unused.end());
  EXPECT_THAT(latent->reason, HasSubstr("pools in its own way"));
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("no cls_token")));
}

TEST(Kin, AttentionPoolingThatTheTeacherLacksIsReinitialised) {
  VitConfig student = Vit("vit_base_patch16_siglip_224");
  student.embed_dim = 192;
  student.num_heads = 3;
  student.num_classes = 0;
  const Plan plan = PlanOf(Vit("vit_small_patch16_224"), student);
  for (const Entry& entry : plan.entries) {
    EXPECT_EQ(std::holds_alternative<Reinitialised>(entry.source),
              entry.student.name.starts_with("attn_pool."))
        << entry.student.name;
  }
}

TEST(Kin, AStudentWithPositionsOfATeacherWithout) {
  VitConfig teacher = Vit("vit_small_patch16_dinov3");
  const Plan plan = PlanOf(teacher, Vit("vit_tiny_patch16_224"));
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("no pos_embed")));
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("rotary positions")));
}

}  // namespace
}  // namespace wsel::select
