#include "wsel/select/plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "hashed_source.h"
#include "select/rule_named.h"
#include "throws.h"
#include "wsel/model/variants.h"

namespace wsel::select {
namespace {

using model::Config;
using model::ConvNextConfig;
using model::VitConfig;
using testing::ElementsAre;
using testing::HasSubstr;

VitConfig SmallVit(int64_t width, int64_t heads, int64_t depth = 2) {
  VitConfig c;
  c.name = "small";
  c.img_size = 32;
  c.patch_size = 8;
  c.embed_dim = width;
  c.num_heads = heads;
  c.depth = depth;
  c.num_classes = 5;
  return c;
}

ConvNextConfig SmallConvNext(int64_t width) {
  ConvNextConfig c;
  c.name = "small";
  c.dims = {width, 2 * width, 3 * width, 4 * width};
  c.depths = {1, 1, 2, 1};
  c.num_classes = 5;
  return c;
}

ImportanceScores NoScores() {
  return {[](const std::string&, size_t, ScoreFunction) -> std::vector<double> {
            throw std::logic_error("asked for scores");
          },
          [](const std::string&, int64_t) -> std::string {
            throw std::logic_error("asked for magnitudes");
          }};
}

Plan PlanOf(const Config& teacher, const Config& student,
            const Options& options = {}) {
  return PlanSelection(teacher, HashedSource(teacher).Specs(), student, options,
                       NoScores());
}

Options With(Method method) {
  Options options;
  options.method = method;
  return options;
}

const Entry& EntryOf(const Plan& plan, const std::string& name) {
  const auto at = std::find_if(
      plan.entries.begin(), plan.entries.end(),
      [&](const Entry& entry) { return entry.student.name == name; });
  if (at == plan.entries.end()) throw std::out_of_range(name);
  return *at;
}

const Selected& SelectedOf(const Plan& plan, const std::string& name) {
  return std::get<Selected>(EntryOf(plan, name).source);
}

const IndexSet& SetOf(const Plan& plan, const std::string& name, size_t axis) {
  return plan.sets.at(SelectedOf(plan, name).axes.at(axis).set);
}

bool IsReinitialised(const Plan& plan, const std::string& name) {
  return std::holds_alternative<Reinitialised>(EntryOf(plan, name).source);
}

// The paper's consistency: dimensions that are added, multiplied or passed on
// share one index set, for every method that keeps it.
TEST(PlanSelection, IndexesEqualRolesEqually) {
  for (const Method method :
       {RuleNamed("uniform"), RuleNamed("consecutive"), RuleNamed("random")}) {
    const Plan plan = PlanOf(SmallVit(48, 4), SmallVit(28, 2), With(method));
    const std::string b = "blocks.1.";
    const auto& width = SetOf(plan, "cls_token", 2);
    EXPECT_EQ(width.indices.size(), 28U);
    EXPECT_EQ(SetOf(plan, "pos_embed", 2), width);
    EXPECT_EQ(SetOf(plan, "patch_embed.proj.weight", 0), width);
    EXPECT_EQ(SetOf(plan, b + "attn.qkv.weight", 1), width);
    EXPECT_EQ(SetOf(plan, b + "attn.proj.weight", 0), width);
    EXPECT_EQ(SetOf(plan, b + "mlp.fc1.weight", 1), width);
    EXPECT_EQ(SetOf(plan, b + "mlp.fc2.weight", 0), width);
    EXPECT_EQ(SetOf(plan, "norm.weight", 0), width);
    // q, k, v and the columns of proj.
    EXPECT_EQ(SetOf(plan, b + "attn.qkv.weight", 0),
              SetOf(plan, b + "attn.proj.weight", 1));
    EXPECT_EQ(SelectedOf(plan, b + "attn.qkv.weight").axes[0].groups, 3);
    EXPECT_EQ(SelectedOf(plan, b + "attn.proj.weight").axes[1].groups, 1);
    EXPECT_EQ(SetOf(plan, b + "mlp.fc1.weight", 0),
              SetOf(plan, b + "mlp.fc2.weight", 1));
    EXPECT_EQ(SetOf(plan, b + "mlp.fc1.bias", 0).indices.size(), 112U);
  }
}

// The teacher's channels in block 0: rows of q, k and v, each relative to its
// own start, and columns of proj.
std::array<std::vector<int64_t>, 4> Channels(const Plan& plan, int64_t from) {
  const auto indices = [&](const std::string& name, size_t axis) {
    const AxisPick& pick = SelectedOf(plan, name).axes[axis];
    const IndexSet& set = plan.sets[pick.set];
    std::vector<int64_t> all;
    for (int g = 0; g < pick.groups; ++g) {
      for (const int64_t i : set.indices) all.push_back(g * set.of + i);
    }
    return all;
  };
  const auto rows = indices("blocks.0.attn.qkv.weight", 0);
  const auto width = static_cast<int64_t>(rows.size() / 3);
  std::array<std::vector<int64_t>, 4> parts;
  for (int64_t i = 0; i < 3 * width; ++i) {
    parts[i / width].push_back(rows[i] - from * (i / width));
  }
  parts[3] = indices("blocks.0.attn.proj.weight", 1);
  return parts;
}

// For any widths, row i of q, k and v and column i of proj are the same channel
// of the teacher. The official rule misaligns them if widths do not divide: 54
// of 224 query-key pairs, and all 192 of ViT-L -> T.
TEST(PlanSelection, KeepsQkvAndProjAlignedUnlikeTheOfficialRule) {
  VitConfig wide = std::get<VitConfig>(model::FindVariant("vit_tiny").config);
  wide.embed_dim = 224;
  wide.num_heads = 4;
  const auto check = [](const char* teacher_name, const Config& student,
                        int64_t misaligned) {
    const Config& teacher = model::FindVariant(teacher_name).config;
    const int64_t from = std::get<VitConfig>(teacher).embed_dim;
    const auto ours = Channels(PlanOf(teacher, student), from);
    EXPECT_EQ(ours[0], ours[1]);
    EXPECT_EQ(ours[0], ours[2]);
    EXPECT_EQ(ours[0], ours[3]);
    Options options;
    options.official = true;
    const auto official = Channels(PlanOf(teacher, student, options), from);
    int64_t count = 0;
    for (size_t i = 0; i < official[0].size(); ++i) {
      count += official[0][i] != official[1][i];
    }
    EXPECT_EQ(count, misaligned);
    EXPECT_EQ(official[2] == official[3], misaligned == 0);
  };
  check("vit_small", wide, 54);
  check("vit_large", model::FindVariant("vit_tiny").config, 192);
  check("vit_small", model::FindVariant("vit_tiny").config, 0);
}

TEST(PlanSelection, HasAWidthForEachConvNextStage) {
  const Plan plan = PlanOf(SmallConvNext(16), SmallConvNext(8));
  EXPECT_EQ(SetOf(plan, "stages.2.downsample.1.weight", 0).name, "width.2");
  EXPECT_EQ(SetOf(plan, "stages.2.downsample.1.weight", 1).name, "width.1");
  EXPECT_EQ(SetOf(plan, "stages.2.downsample.0.weight", 0).name, "width.1");
  EXPECT_EQ(SetOf(plan, "stages.2.blocks.1.gamma", 0).name, "width.2");
  EXPECT_EQ(SetOf(plan, "stages.2.blocks.1.mlp.fc1.weight", 0).name, "mlp.2");
  EXPECT_EQ(SetOf(plan, "head.norm.weight", 0).name, "width.3");
}

TEST(PlanSelection, RandomInconsistentSelectsPerTensorAndDimension) {
  const Plan plan = PlanOf(SmallVit(48, 4), SmallVit(24, 2),
                           With(RuleNamed("random-inconsistent")));
  EXPECT_NE(SetOf(plan, "norm.weight", 0).indices,
            SetOf(plan, "norm.bias", 0).indices);
  EXPECT_EQ(SetOf(plan, "blocks.0.attn.qkv.weight", 0).of, 144);
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("breaks consistency")));
}

TEST(PlanSelection, RandomIndicesDependOnlyOnTheSeed) {
  Options options = With(RuleNamed("random"));
  const Plan one = PlanOf(SmallVit(48, 4), SmallVit(24, 2), options);
  EXPECT_EQ(one, PlanOf(SmallVit(48, 4), SmallVit(24, 2), options));
  options.seed = 1;
  const Plan two = PlanOf(SmallVit(48, 4), SmallVit(24, 2), options);
  EXPECT_NE(one.sets[0].indices, two.sets[0].indices);
}

TEST(PlanSelection, HeadsWholeSelectsWholeHeads) {
  Options options;
  options.heads = Heads::kWhole;
  const Plan plan = PlanOf(SmallVit(32, 4), SmallVit(16, 2), options);
  EXPECT_THAT(
      SetOf(plan, "blocks.0.attn.proj.weight", 1).indices,
      ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
}

TEST(PlanSelection, HeadsWithinSelectsTheSameChannelsOfEveryHead) {
  Options options;
  options.heads = Heads::kWithin;
  const Plan plan = PlanOf(SmallVit(16, 2), SmallVit(8, 2), options);
  EXPECT_THAT(SetOf(plan, "blocks.0.attn.proj.weight", 1).indices,
              ElementsAre(0, 2, 4, 6, 8, 10, 12, 14));
  options.method = RuleNamed("random");
  const auto random = SetOf(PlanOf(SmallVit(16, 2), SmallVit(8, 2), options),
                            "blocks.0.attn.proj.weight", 1)
                          .indices;
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(random[i] + 8, random[i + 4]);
}

TEST(PlanSelection, RejectsHeadsThatDoNotFitTheRule) {
  Options options;
  options.heads = Heads::kWhole;
  ExpectError([&] { PlanOf(SmallVit(32, 4), SmallVit(28, 2), options); },
              ErrorKind::kMismatch,
              {"heads=whole", "head dimension", "8", "14"});
  options.heads = Heads::kWithin;
  ExpectError([&] { PlanOf(SmallVit(32, 4), SmallVit(16, 2), options); },
              ErrorKind::kMismatch,
              {"heads=within", "number of heads", "4", "2"});
  ExpectError([&] { PlanOf(SmallConvNext(16), SmallConvNext(8), options); },
              ErrorKind::kUsage, {"heads: ", "no attention heads"});
  options.method = RuleNamed("random-inconsistent");
  ExpectError([&] { PlanOf(SmallVit(32, 4), SmallVit(16, 4), options); },
              ErrorKind::kUsage, {"does not keep heads"});
}

TEST(PlanSelection, NotesAChangedHeadDimension) {
  const Plan changed = PlanOf(SmallVit(48, 4), SmallVit(28, 2));
  EXPECT_THAT(changed.notes,
              ElementsAre(HasSubstr("head dimension changes from 12 to 14")));
  EXPECT_TRUE(PlanOf(SmallVit(48, 4), SmallVit(24, 2)).notes.empty());
}

TEST(PlanSelection, SelectsBlocksByTheLayerRule) {
  Options options;
  options.layers = "last";
  const Plan plan = PlanOf(SmallVit(16, 2, 6), SmallVit(16, 2, 2), options);
  EXPECT_EQ(SelectedOf(plan, "blocks.0.norm1.bias").teacher,
            "blocks.4.norm1.bias");
  EXPECT_THAT(plan.unused, testing::Contains(testing::FieldsAre(
                               "blocks.3.norm1.bias", kUnusedBlock)));
}

TEST(PlanSelection, ReinitialisesSkippedComponents) {
  const std::vector<std::pair<std::string, std::string>> parts = {
      {"patch_embed", "patch_embed.proj.weight"},
      {"pos_embed", "pos_embed"},
      {"attn", "blocks.1.attn.proj.bias"},
      {"norm", "blocks.1.norm2.weight"},
      {"mlp", "blocks.0.mlp.fc2.weight"},
      {"blocks.1.*", "blocks.1.norm1.weight"}};
  for (const auto& [item, name] : parts) {
    Options options;
    options.skip = {item};
    const Plan plan = PlanOf(SmallVit(16, 2), SmallVit(8, 2), options);
    ASSERT_TRUE(IsReinitialised(plan, name)) << item;
    EXPECT_EQ(std::get<Reinitialised>(EntryOf(plan, name).source).reason,
              "skipped: " + item);
    EXPECT_FALSE(IsReinitialised(plan, "cls_token"));
  }
}

TEST(PlanSelection, RejectsSkipItemsThatMatchNothing) {
  Options options;
  options.skip = {"atn"};
  ExpectError([&] { PlanOf(SmallVit(16, 2), SmallVit(8, 2), options); },
              ErrorKind::kUsage, {"skip: ", "did you mean 'attn'"});
  options.skip = {"blocks.7.*"};
  ExpectError([&] { PlanOf(SmallVit(16, 2), SmallVit(8, 2), options); },
              ErrorKind::kUsage, {"matches no tensor"});
  options.skip = {"pos_embed"};
  ExpectError([&] { PlanOf(SmallConvNext(16), SmallConvNext(8), options); },
              ErrorKind::kUsage, {"unknown component 'pos_embed'"});
}

TEST(PlanSelection, ResetsTheHeadUnlessItIsReused) {
  EXPECT_TRUE(
      IsReinitialised(PlanOf(SmallVit(16, 2), SmallVit(8, 2)), "head.weight"));
  Options options;
  options.head = Head::kReuse;
  const Plan plan = PlanOf(SmallVit(16, 2), SmallVit(8, 2), options);
  EXPECT_EQ(SetOf(plan, "head.weight", 1).name, "width");
  EXPECT_EQ(SelectedOf(plan, "head.bias").axes[0].set, AxisPick::kAll);

  VitConfig other = SmallVit(8, 2);
  other.num_classes = 7;
  ExpectError([&] { PlanOf(SmallVit(16, 2), other, options); },
              ErrorKind::kMismatch, {"teacher has 5", "student 7"});
}

// The same sizes in the architecture V2.
model::ConvNextV2Config SmallV2(int64_t width) {
  const ConvNextConfig c = SmallConvNext(width);
  return {.name = "small",
          .dims = c.dims,
          .depths = c.depths,
          .num_classes = c.num_classes};
}

TEST(PlanSelection, MakesGrnTheIdentityForATeacherWithout) {
  const Plan plan = PlanOf(SmallConvNext(16), SmallV2(8));
  for (const char* name : {"weight", "bias"}) {
    const auto& grn = std::get<Reinitialised>(
        EntryOf(plan, fmt::format("stages.2.blocks.1.mlp.grn.{}", name))
            .source);
    EXPECT_EQ(grn.init, model::Init{});  // zeros
  }
  EXPECT_EQ(SetOf(plan, "stages.2.blocks.1.mlp.fc1.weight", 0).name, "mlp.2");
  EXPECT_THAT(
      plan.notes,
      ElementsAre(HasSubstr("no GRN: the student's is initialised as the"),
                  HasSubstr("the teacher has layer scale, the student does")));
}

TEST(PlanSelection, LeavesGrnOutForAStudentWithout) {
  const Plan plan = PlanOf(SmallV2(16), SmallConvNext(8));
  const auto& scale =
      std::get<Reinitialised>(EntryOf(plan, "stages.0.blocks.0.gamma").source);
  EXPECT_EQ(scale.init.value, 1);
  const auto grn = std::ranges::find(
      plan.unused, "stages.0.blocks.0.mlp.grn.weight", &Unused::teacher);
  ASSERT_NE(grn, plan.unused.end());
  EXPECT_EQ(grn->reason, "the student has no such tensor");
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("the teacher has GRN")));
}

TEST(PlanSelection, SelectsAnOverlappingStem) {
  ConvNextConfig teacher = SmallConvNext(64);
  teacher.stem_type = model::ConvNextStem::kOverlapTiered;
  ConvNextConfig student = SmallConvNext(32);
  student.stem_type = model::ConvNextStem::kOverlapTiered;
  const Plan plan = PlanOf(teacher, student);
  EXPECT_EQ(SetOf(plan, "stem.0.weight", 0).name, "stem.0");
  EXPECT_EQ(SetOf(plan, "stem.0.weight", 0).indices.size(), 16U);
  EXPECT_EQ(SetOf(plan, "stem.0.bias", 0).name, "stem.0");
  EXPECT_EQ(SetOf(plan, "stem.1.weight", 0).name, "width.0");
  EXPECT_EQ(SetOf(plan, "stem.1.weight", 1).name, "stem.0");
}

TEST(PlanSelection, ReinitialisesTheConvolutionsOfAnotherStem) {
  ConvNextConfig teacher = SmallConvNext(64);
  teacher.stem_type = model::ConvNextStem::kOverlap;
  const Plan plan = PlanOf(teacher, SmallConvNext(32));
  EXPECT_TRUE(IsReinitialised(plan, "stem.0.weight"));
  EXPECT_EQ(SelectedOf(plan, "stem.1.weight").teacher, "stem.2.weight");
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("another stem")));
  const Plan reverse = PlanOf(SmallConvNext(64), [] {
    ConvNextConfig student = SmallConvNext(32);
    student.stem_type = model::ConvNextStem::kOverlap;
    return student;
  }());
  EXPECT_TRUE(IsReinitialised(reverse, "stem.1.weight"));
  EXPECT_EQ(SelectedOf(reverse, "stem.2.bias").teacher, "stem.1.bias");
}

TEST(PlanSelection, KeepsTheHeadsHiddenLayerWhereBothHaveIt) {
  ConvNextConfig teacher = SmallConvNext(16);
  teacher.head_hidden_size = 24;
  ConvNextConfig student = SmallConvNext(8);
  EXPECT_THAT(PlanOf(teacher, student).notes,
              testing::Contains(HasSubstr("a hidden layer before the")));
  const Options reuse{.head = Head::kReuse};
  ExpectError([&] { PlanOf(teacher, student, reuse); }, ErrorKind::kMismatch,
              {"head.fc.weight", "head_hidden_size"});
  student.head_hidden_size = 12;
  const Plan plan = PlanOf(teacher, student, reuse);
  EXPECT_EQ(SetOf(plan, "head.pre_logits.fc.weight", 1).name, "width.3");
  EXPECT_EQ(SetOf(plan, "head.fc.weight", 1),
            SetOf(plan, "head.pre_logits.fc.weight", 0));
  const Plan reset = PlanOf(teacher, student);
  EXPECT_FALSE(IsReinitialised(reset, "head.pre_logits.fc.weight"));
  EXPECT_TRUE(IsReinitialised(reset, "head.fc.weight"));
}

TEST(PlanSelection, GivesNormsWithoutBiasZeros) {
  ConvNextConfig teacher = SmallConvNext(16);
  teacher.norm_layer = model::ConvNextNorm::kRmsNorm;
  const Plan plan = PlanOf(teacher, SmallConvNext(8));
  EXPECT_TRUE(IsReinitialised(plan, "stages.0.blocks.0.norm.bias"));
  EXPECT_FALSE(IsReinitialised(plan, "stages.0.blocks.0.norm.weight"));
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("has RMSNorm")));
}

TEST(PlanSelection, RejectsAnotherArchitecture) {
  ExpectError([] { PlanOf(SmallConvNext(16), SmallVit(8, 2)); },
              ErrorKind::kMismatch, {"student is a ViT", "teacher a ConvNeXt"});
}

TEST(PlanSelection, RejectsAWiderStudentNamingTheDimension) {
  ExpectError([] { PlanOf(SmallVit(16, 2), SmallVit(24, 2)); },
              ErrorKind::kMismatch, {"width", "24", "only 16"});
  ConvNextConfig wide = SmallConvNext(8);
  wide.dims[2] = 400;
  ExpectError([&] { PlanOf(SmallConvNext(8), wide); }, ErrorKind::kMismatch,
              {"width of stage 2", "400", "only 24"});
  VitConfig mlp = SmallVit(16, 2);
  mlp.mlp_ratio = 5;
  ExpectError([&] { PlanOf(SmallVit(16, 2), mlp); }, ErrorKind::kMismatch,
              {"MLP width", "80", "only 64"});
}

TEST(PlanSelection, NamesATensorThatTheFileLacks) {
  const VitConfig teacher = SmallVit(16, 2);
  HashedSource file(teacher);
  std::erase_if(file.specs(), [](const TensorSpec& spec) {
    return spec.name == "blocks.1.mlp.fc1.bias";
  });
  ExpectError(
      [&] {
        PlanSelection(teacher, file.Specs(), SmallVit(8, 2), {}, NoScores());
      },
      ErrorKind::kMismatch, {"blocks.1.mlp.fc1.bias", "missing"});
}

TEST(PlanSelection, NamesATensorOfTheWrongShapeOrType) {
  const VitConfig teacher = SmallVit(16, 2);
  HashedSource file(teacher);
  file.specs()[0].shape = {1, 1, 17};
  const auto plan = [&] {
    PlanSelection(teacher, file.Specs(), SmallVit(8, 2), {}, NoScores());
  };
  ExpectError(plan, ErrorKind::kMismatch,
              {"cls_token", "[1, 1, 17]", "[1, 1, 16]"});
  file.specs()[0].shape = {1, 1, 16};
  file.specs()[0].dtype = DType::kI64;
  ExpectError(plan, ErrorKind::kMismatch, {"cls_token", "int64"});
}

// GRN's parameters are of the MLP's hidden channels.
TEST(PlanSelection, IndexesGrnAsTheMlp) {
  model::ConvNextV2Config teacher;
  teacher.dims = {16, 24, 32, 40};
  model::ConvNextV2Config student = teacher;
  student.dims = {8, 12, 16, 20};
  const Plan plan = PlanOf(teacher, student, With(RuleNamed("uniform")));
  const std::string mlp = "stages.2.blocks.1.mlp.";
  const auto& hidden = SetOf(plan, mlp + "fc1.weight", 0);
  EXPECT_EQ(hidden.indices.size(), 64U);
  EXPECT_EQ(SetOf(plan, mlp + "grn.weight", 0), hidden);
  EXPECT_EQ(SetOf(plan, mlp + "grn.bias", 0), hidden);
  EXPECT_EQ(SetOf(plan, mlp + "fc2.weight", 1), hidden);
}

TEST(PlanSelection, AccountsForEveryTensorOfTheFile) {
  const VitConfig teacher = SmallVit(16, 2, 3);
  HashedSource file(teacher);
  file.specs().push_back({"decoder.weight", {3}, DType::kF32});
  const Plan plan =
      PlanSelection(teacher, file.Specs(), SmallVit(8, 2), {}, NoScores());
  size_t used = 0;
  for (const Entry& entry : plan.entries) {
    used += std::holds_alternative<Selected>(entry.source);
  }
  EXPECT_EQ(used + plan.unused.size(), file.Specs().size());
  EXPECT_THAT(plan.unused, testing::Contains(testing::FieldsAre(
                               "decoder.weight", HasSubstr("not a tensor"))));
}

// Biases and layer scales that the teacher lacks become the identity.
TEST(PlanSelection, ReplacesMissingTensorsByTheIdentity) {
  VitConfig clip = SmallVit(16, 2);
  clip.pre_norm = true;
  VitConfig student = SmallVit(8, 2);
  student.layer_scale = 1e-6;
  const Plan plan = PlanOf(clip, student);
  const auto& bias =
      std::get<Reinitialised>(EntryOf(plan, "patch_embed.proj.bias").source);
  EXPECT_EQ(bias.init, model::Init{});
  const auto& gamma =
      std::get<Reinitialised>(EntryOf(plan, "blocks.0.ls1.gamma").source);
  EXPECT_EQ(gamma.init.value, 1);
  EXPECT_THAT(plan.notes,
              testing::Contains(HasSubstr("norm before the blocks")));
  EXPECT_THAT(plan.unused, testing::Contains(testing::FieldsAre(
                               "norm_pre.weight", HasSubstr("no such"))));
}

TEST(PlanSelection, RejectsMissingTensorsWithoutAReplacement) {
  VitConfig student = SmallVit(8, 2);
  student.pre_norm = true;
  ExpectError([&] { PlanOf(SmallVit(16, 2), student); }, ErrorKind::kMismatch,
              {"norm_pre.weight", "skip 'norm_pre.weight'"});
}

TEST(PlanSelection, MapsTheFinalNormUnderItsOtherName) {
  VitConfig teacher = SmallVit(16, 2);
  teacher.pooling = model::Pooling::kAverage;
  const Plan plan = PlanOf(teacher, SmallVit(8, 2));
  EXPECT_EQ(SelectedOf(plan, "norm.weight").teacher, "fc_norm.weight");
}

TEST(PlanSelection, ResamplesPosEmbedAndPatchEmbed) {
  VitConfig teacher = SmallVit(16, 2);
  teacher.img_size = 64;  // grid 8
  VitConfig student = SmallVit(8, 2);
  student.patch_size = 16;  // grid 2
  const Plan plan = PlanOf(teacher, student);
  EXPECT_EQ(*SelectedOf(plan, "pos_embed").pos_embed,
            (PosEmbedResample{{0}, 1, 8, 2}));
  EXPECT_EQ(*SelectedOf(plan, "patch_embed.proj.weight").patch_embed,
            (PatchEmbedResample{8, 16, PatchResize::kPinv}));
}

// The patches of 32 x 64 px are as many as those of 64 x 32 px.
TEST(PlanSelection, ResamplesPosEmbedOfRectangles) {
  VitConfig teacher = SmallVit(16, 2);
  teacher.img_size = {32, 64};
  VitConfig student = SmallVit(8, 2);
  EXPECT_EQ(*SelectedOf(PlanOf(teacher, student), "pos_embed").pos_embed,
            (PosEmbedResample{{0}, 1, {4, 8}, 4}));
  student.img_size = {64, 32};
  EXPECT_EQ(*SelectedOf(PlanOf(teacher, student), "pos_embed").pos_embed,
            (PosEmbedResample{{0}, 1, {4, 8}, {8, 4}}));
  student.img_size = {32, 64};
  EXPECT_FALSE(SelectedOf(PlanOf(teacher, student), "pos_embed").pos_embed);
}

TEST(PlanSelection, FindsEachTokensPosition) {
  VitConfig teacher = SmallVit(16, 2);
  teacher.dist_token = true;
  EXPECT_EQ(*SelectedOf(PlanOf(teacher, SmallVit(8, 2)), "pos_embed").pos_embed,
            (PosEmbedResample{{0}, 2, 4, 4}));

  VitConfig without = SmallVit(16, 2);
  without.no_embed_class = true;
  const Plan plan = PlanOf(without, SmallVit(8, 2));
  EXPECT_EQ(*SelectedOf(plan, "pos_embed").pos_embed,
            (PosEmbedResample{{-1}, 0, 4, 4}));
  EXPECT_THAT(plan.notes, testing::Contains(HasSubstr("student's is zeros")));
}

TEST(PlanSelection, OfficialSkipsTheHeadAndHasOneRule) {
  Options options;
  options.official = true;
  const Plan plan = PlanOf(SmallConvNext(16), SmallConvNext(8), options);
  for (const Entry& entry : plan.entries) {
    EXPECT_THAT(entry.student.name, testing::Not(HasSubstr("head")));
    EXPECT_TRUE(std::holds_alternative<Selected>(entry.source));
  }
  options.method = RuleNamed("random");
  ExpectError([&] { PlanOf(SmallVit(16, 2), SmallVit(8, 2), options); },
              ErrorKind::kUsage, {"official: ", "official rule is fixed"});
}

// l1 scores one tensor and dimension; the shared rules sum over all tensors
// that share it, and a fused qkv counts three times.
TEST(PlanSelection, SumsScoresOverAllTensorsThatShareADimension) {
  const VitConfig teacher = SmallVit(4, 1, 1);
  const VitConfig student = SmallVit(2, 1, 1);
  ImportanceScores importance;
  // Channel 3 has a high score in proj's columns; channel 1 has low scores in q
  // and k that sum to more than v's channel 0.
  importance.slice_scores = [](const std::string& name, size_t axis,
                               ScoreFunction) {
    if (name == "blocks.0.attn.proj.weight" && axis == 1) {
      return std::vector<double>{0, 0, 0, 9};
    }
    if (name == "blocks.0.attn.qkv.weight" && axis == 0) {
      return std::vector<double>{0, 2, 0, 0, 0, 2, 0, 0, 3, 0, 0, 0};
    }
    return std::vector<double>(64, 0);
  };
  const auto plan_of = [&](Method method) {
    return PlanSelection(teacher, HashedSource(teacher).Specs(), student,
                         With(method), importance);
  };
  const Plan shared = plan_of(RuleNamed("l1-shared"));
  EXPECT_THAT(SetOf(shared, "blocks.0.attn.qkv.weight", 0).indices,
              ElementsAre(1, 3));
  EXPECT_EQ(SetOf(shared, "blocks.0.attn.qkv.weight", 0),
            SetOf(shared, "blocks.0.attn.proj.weight", 1));
  const Plan separate = plan_of(RuleNamed("l1"));
  EXPECT_THAT(SetOf(separate, "blocks.0.attn.qkv.weight", 0).indices,
              ElementsAre(0, 1, 2, 3, 5, 8));
  EXPECT_THAT(SetOf(separate, "blocks.0.attn.proj.weight", 1).indices,
              ElementsAre(0, 3));
}

TEST(PlanSelection, MagnitudeStoresADigest) {
  const VitConfig teacher = SmallVit(16, 2);
  ImportanceScores importance;
  importance.magnitude_digest = [](const std::string& name, int64_t count) {
    return name + std::to_string(count);
  };
  const Plan plan =
      PlanSelection(teacher, HashedSource(teacher).Specs(), SmallVit(8, 2),
                    With(RuleNamed("magnitude")), importance);
  EXPECT_EQ(std::get<TopMagnitude>(EntryOf(plan, "norm.bias").source).digest,
            "norm.bias8");
  VitConfig other = SmallVit(8, 2);
  other.patch_size = 16;
  ExpectError(
      [&] {
        PlanSelection(teacher, HashedSource(teacher).Specs(), other,
                      With(RuleNamed("magnitude")), importance);
      },
      ErrorKind::kMismatch, {"pos_embed", "magnitude"});
}

// What a data-dependent rule will take is known from shapes; which, is not.
TEST(PlanSelection, LeavesDataDependentSetsUndecidedWithoutWeights) {
  const VitConfig teacher = SmallVit(16, 2);
  const auto plan_of = [&](const char* name) {
    return PlanSelection(teacher, HashedSource(teacher).Specs(), SmallVit(8, 2),
                         With(RuleNamed(name)), {});
  };
  for (const char* name : {"l1", "l1-shared", "l2-shared"}) {
    const Plan plan = plan_of(name);
    EXPECT_FALSE(IsDecided(plan)) << name;
    const IndexSet& set = SetOf(plan, "norm.weight", 0);
    EXPECT_EQ(set.undecided, 8) << name;
    EXPECT_TRUE(set.indices.empty()) << name;
  }
  const Plan magnitude = plan_of("magnitude");
  EXPECT_FALSE(IsDecided(magnitude));
  EXPECT_TRUE(magnitude.sets.empty());
  EXPECT_TRUE(IsDecided(plan_of("random")));
  EXPECT_TRUE(IsDecided(PlanRandom(teacher, model::Initializer::kTimm, 0)));
}

TEST(PlanRandom, InitialisesEveryTensor) {
  const Plan plan = PlanRandom(SmallVit(8, 2), model::Initializer::kXavier, 3);
  EXPECT_EQ(plan.entries.size(), model::ParameterSpecs(SmallVit(8, 2)).size());
  for (const Entry& entry : plan.entries) {
    EXPECT_EQ(std::get<Reinitialised>(entry.source).reason, "xavier");
  }
}

// Weights are only adapted from those of RGB images, as in timm.
TEST(Plan, AStudentOfOtherImagesNeedsATeacherOfRgb) {
  VitConfig grey = SmallVit(8, 2);
  grey.in_chans = 1;
  const VitConfig rgb = SmallVit(4, 1);
  ExpectError([&] { PlanOf(grey, rgb); }, ErrorKind::kMismatch,
              {"in_chans", "is 3, but the teacher takes 1-channel images",
               "skip patch_embed"});
  Options options;
  options.skip = {"patch_embed"};
  PlanOf(grey, rgb, options);
  VitConfig small_grey = rgb;
  small_grey.in_chans = 1;
  const Plan same = PlanOf(grey, small_grey);
  EXPECT_TRUE(std::ranges::none_of(same.entries, [](const Entry& entry) {
    const auto* selected = std::get_if<Selected>(&entry.source);
    return selected != nullptr && selected->in_chans;
  }));
}

}  // namespace
}  // namespace wsel::select
