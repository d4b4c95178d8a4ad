#include "wsel/select/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "hashed_source.h"
#include "select/rule_named.h"
#include "throws.h"
#include "wsel/core/sha256.h"
#include "wsel/model/adapt_in_chans.h"
#include "wsel/model/variants.h"
#include "wsel/select/importance_scores.h"
#include "wsel/tensor/cast.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

model::VitConfig Vit(int64_t width, int64_t heads, int64_t depth) {
  model::VitConfig c;
  c.img_size = 32;
  c.patch_size = 16;
  c.embed_dim = width;
  c.num_heads = heads;
  c.depth = depth;
  c.num_classes = 5;
  return c;
}

// Records which tensors are read.
class RecordingSource : public HashedSource {
 public:
  using HashedSource::HashedSource;
  TensorView View(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    read.emplace(name);
    return HashedSource::View(name);
  }
  mutable std::set<std::string> read;

 private:
  mutable std::mutex mutex_;
};

Student Select(const TensorSource& source, const model::Config& teacher,
               const model::Config& student, const Options& options = {}) {
  const Plan plan = PlanSelection(teacher, source.Specs(), student, options,
                                  ImportanceScoresOf(source));
  return Apply(plan, &source);
}

using Values = std::vector<float>;

Values ValuesOf(const TensorView& tensor) {
  const auto values = FloatsOf(tensor);
  return {values.begin(), values.end()};
}

TensorView TensorOf(const Student& student, const model::Config& config,
                    const std::string& name) {
  const auto layout = model::ParameterSpecs(config);
  for (size_t i = 0; i < layout.size(); ++i) {
    if (layout[i].spec.name == name) return student.tensors[i];
  }
  throw std::out_of_range(name);
}

TEST(Apply, AdaptsTheFirstConvolutionToTheStudentsImages) {
  const model::VitConfig teacher = Vit(8, 2, 1);
  const HashedSource source(teacher);
  model::VitConfig rgb = Vit(4, 1, 1);
  const char* const kConv = "patch_embed.proj.weight";
  const Values kernels =
      ValuesOf(TensorOf(Select(source, teacher, rgb), rgb, kConv));
  for (const int64_t in_chans : {1, 4}) {
    model::VitConfig student = rgb;
    student.in_chans = in_chans;
    const Student adapted = Select(source, teacher, student);
    EXPECT_EQ(ValuesOf(TensorOf(adapted, student, kConv)),
              model::AdaptInChans(kernels, 256, in_chans));
  }
}

TEST(Apply, GathersRowsAndColumns) {
  const auto teacher = Vit(4, 1, 1);
  const auto student = Vit(2, 1, 1);
  const HashedSource source(teacher);
  const Values whole = Hashed("blocks.0.mlp.fc2.weight", 64);
  const TensorView taken = TensorOf(Select(source, teacher, student), student,
                                    "blocks.0.mlp.fc2.weight");
  ASSERT_EQ(taken.spec.shape, (Shape{2, 8}));
  for (size_t row = 0; row < 2; ++row) {
    for (size_t column = 0; column < 8; ++column) {
      EXPECT_EQ(FloatsOf(taken)[row * 8 + column],
                whole[2 * row * 16 + 2 * column]);
    }
  }
}

TEST(Apply, ReadsOnlyThePlansTensors) {
  const auto teacher = Vit(8, 2, 4);
  Options options;
  options.skip = {"mlp"};
  const RecordingSource source(teacher);
  const Plan plan =
      PlanSelection(teacher, source.Specs(), Vit(8, 2, 1), options, {});
  EXPECT_TRUE(source.read.empty()) << "planning must not read";
  Apply(plan, &source);
  std::set<std::string> planned;
  for (const Entry& entry : plan.entries) {
    if (const auto* s = std::get_if<Selected>(&entry.source)) {
      planned.insert(s->teacher);
    }
  }
  EXPECT_EQ(source.read, planned);
  EXPECT_FALSE(source.read.contains("blocks.0.mlp.fc1.weight"));
  EXPECT_FALSE(source.read.contains("blocks.1.norm1.weight"));
}

TEST(Apply, GivesTheSameBytesAgain) {
  const auto teacher = Vit(16, 2, 2);
  const auto student = Vit(8, 2, 1);
  const HashedSource source(teacher);
  Options options;
  options.method = RuleNamed("random");
  const Student one = Select(source, teacher, student, options);
  const Student two = Select(source, teacher, student, options);
  ASSERT_EQ(one.tensors.size(), two.tensors.size());
  for (size_t i = 0; i < one.tensors.size(); ++i) {
    EXPECT_EQ(ValuesOf(one.tensors[i]), ValuesOf(two.tensors[i]));
  }
  EXPECT_EQ(one.teacher_digest, two.teacher_digest);
}

TEST(Apply, HashesTheTensorsThatItReads) {
  const auto teacher = Vit(8, 2, 1);
  const auto student = Vit(4, 2, 1);
  const HashedSource source(teacher);
  Plan plan = PlanSelection(teacher, source.Specs(), student, {}, {});
  plan.entries.resize(2);  // cls_token, pos_embed
  const auto line = [&](const char* name) {
    return std::string(name) + " " + Sha256Hex(source.View(name).bytes) + "\n";
  };
  EXPECT_EQ(Apply(plan, &source).teacher_digest,
            Sha256Hex(line("cls_token") + line("pos_embed")));
}

TEST(Apply, ConvertsEveryFloatTypeToFloat32) {
  const auto teacher = Vit(8, 2, 1);
  const HashedSource source(teacher);
  const Plan plan =
      PlanSelection(teacher, source.Specs(), Vit(4, 2, 1), {}, {});
  class AsHalf : public HashedSource {
   public:
    using HashedSource::HashedSource;
    TensorView View(std::string_view name) const override {
      return Cast(HashedSource::View(name), DType::kF16);
    }
  };
  const AsHalf half(teacher);
  const Student student = Apply(plan, &half);
  const Floats whole(half.View("norm.bias"));
  const TensorView taken = TensorOf(student, Vit(4, 2, 1), "norm.bias");
  EXPECT_EQ(taken.spec.dtype, DType::kF32);
  EXPECT_EQ(FloatsOf(taken)[1], whole.values()[2]);
}

TEST(Apply, OwnsTensorsThatAreTakenWhole) {
  const auto config = Vit(8, 2, 1);
  TensorView kept;
  {
    const HashedSource source(config);
    kept = TensorOf(Select(source, config, config), config, "norm.bias");
  }
  EXPECT_EQ(FloatsOf(kept)[3], Hashed("norm.bias", 8)[3]);
}

TEST(Apply, RejectsATeacherThatDoesNotFitThePlan) {
  const auto teacher = Vit(16, 2, 1);
  const Plan plan = PlanSelection(teacher, HashedSource(teacher).Specs(),
                                  Vit(8, 2, 1), {}, {});
  const HashedSource wider(Vit(32, 2, 1));
  ExpectError([&] { Apply(plan, &wider); }, ErrorKind::kMismatch,
              {"[1, 1, 16]", "[1, 1, 32]"});
  HashedSource lacking(teacher);
  lacking.specs().erase(lacking.specs().begin());
  ExpectError([&] { Apply(plan, &lacking); }, ErrorKind::kMismatch,
              {"cls_token", "lacks it"});
}

TEST(Apply, TakesTheLargestMagnitudesInRowMajorOrder) {
  const auto teacher = Vit(4, 1, 1);
  const auto student = Vit(2, 1, 1);
  const HashedSource source(teacher);
  Options options;
  options.method = RuleNamed("magnitude");
  const Values taken =
      ValuesOf(TensorOf(Select(source, teacher, student, options), student,
                        "blocks.0.attn.proj.weight"));
  std::vector<float> all = Hashed("blocks.0.attn.proj.weight", 16);
  std::vector<float> magnitudes = all;
  for (float& m : magnitudes) m = std::abs(m);
  std::sort(magnitudes.rbegin(), magnitudes.rend());
  std::erase_if(all, [&](float w) { return std::abs(w) < magnitudes[3]; });
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(taken, all);
}

TEST(Apply, RejectsAMagnitudePlanForAnotherTeacher) {
  const auto teacher = Vit(4, 1, 1);
  const HashedSource source(teacher);
  Options options;
  options.method = RuleNamed("magnitude");
  Plan plan = PlanSelection(teacher, source.Specs(), Vit(2, 1, 1), options,
                            ImportanceScoresOf(source));
  for (Entry& entry : plan.entries) {
    if (auto* top = std::get_if<TopMagnitude>(&entry.source)) {
      top->digest[0] ^= 1;
    }
  }
  ExpectError([&] { Apply(plan, &source); }, ErrorKind::kMismatch,
              {"another teacher"});
}

TEST(NeedsSvd, OnlyWhereTheInitialisationIsMimetic) {
  model::VitConfig teacher = Vit(8, 2, 1);
  teacher.patch_size = 8;
  const HashedSource source(teacher);
  EXPECT_FALSE(NeedsSvd(
      PlanSelection(teacher, source.Specs(), Vit(8, 2, 1), Options(), {})))
      << "a resampled patch";
  EXPECT_TRUE(
      NeedsSvd(PlanRandom(teacher, model::Initializer::kMimetic, /*seed=*/0)));
  EXPECT_FALSE(
      NeedsSvd(PlanRandom(teacher, model::Initializer::kTimm, /*seed=*/0)));
}

}  // namespace
}  // namespace wsel::select
