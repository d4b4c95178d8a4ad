#include "wsel/select/plan_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "hashed_source.h"
#include "select/rule_named.h"
#include "throws.h"
#include "wsel/model/variants.h"

namespace wsel::select {
namespace {

using testing::HasSubstr;

const model::Config& Named(const char* name) {
  return model::FindVariant(name).config;
}

// Scores and digests without a teacher: of the right size, and not constant.
ImportanceScores FakeScores(const TensorSource& teacher) {
  return {[&teacher](const std::string& name, size_t axis, ScoreFunction) {
            std::vector<double> scores(teacher.Find(name)->shape[axis]);
            for (size_t i = 0; i < scores.size(); ++i) {
              scores[i] = static_cast<double>(i * 7919 % 1009);
            }
            return scores;
          },
          [](const std::string&, int64_t) { return std::string(64, 'a'); }};
}

Plan PlanOf(const model::Config& teacher, const model::Config& student,
            const Options& options) {
  const HashedSource source(teacher);
  return PlanSelection(teacher, source.Specs(), student, options,
                       FakeScores(source));
}

std::string Replace(std::string text, const std::string& from,
                    const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::out_of_range(from);
  return text.replace(at, from.size(), to);
}

class PlanJsonOfRule : public testing::TestWithParam<std::string> {};

TEST_P(PlanJsonOfRule, RoundTrips) {
  Options options;
  options.method = RuleNamed(GetParam());
  options.skip = {"norm", "blocks.2.*"};
  options.layers = "mid";
  options.seed = 5;
  Plan plan = PlanOf(Named("vit_small"), Named("ViT-A"), options);
  if (options.method->NeedsImages()) {
    plan.calibration = CalibrationRecord{
        "cifar10",
        512,
        5,
        std::string(64, 'd'),
        Agreement{
            87.5, {{"blocks.0", 0.75, 0.0123}, {"blocks.1", 0.5, 2}}, 128},
        {0.485, 0.456, 0.406},
        {0.5, 0.5, 0.5}};
  }
  if (options.method->solve == Solve::kProjection) {
    plan.entries[0].source = Computed{"in the basis of the stream"};
  }
  if (options.method->solve == Solve::kRegression) {
    std::get<Selected>(plan.entries[0].source).solved = "ridge regression";
  }
  EXPECT_EQ(PlanFromJson(ToJson(plan), "plan.json"), plan);
}

INSTANTIATE_TEST_SUITE_P(All, PlanJsonOfRule,
                         testing::ValuesIn(Methods().Names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(PlanJson, RoundTripsResamplingAndRandomPlans) {
  const Plan resampled = PlanOf(Named("vit_small_patch14_dinov2"),
                                Named("vit_tiny_patch16_224"), {});
  EXPECT_EQ(PlanFromJson(ToJson(resampled), "p"), resampled);
  const Plan convnext =
      PlanOf(Named("convnext_base"), Named("convnext_femto"), {});
  EXPECT_EQ(PlanFromJson(ToJson(convnext), "p"), convnext);
  const Plan random =
      PlanRandom(Named("vit_tiny"), model::Initializer::kMimetic, 9);
  EXPECT_EQ(PlanFromJson(ToJson(random), "p"), random);
  model::Config grey = Named("vit_tiny");
  FieldsOf(grey).in_chans = 1;
  const Plan adapted = PlanOf(Named("vit_small"), grey, {});
  const std::string json = ToJson(adapted);
  EXPECT_THAT(json, HasSubstr(R"("in_chans":{"from":3,"to":1})"));
  EXPECT_EQ(PlanFromJson(json, "p"), adapted);
  std::string wrong = json;
  const std::string_view part = R"({"from":3,"to":1})";
  wrong.replace(wrong.find(part), part.size(), R"({"from":3,"to":2})");
  ExpectError([&] { PlanFromJson(wrong, "p"); }, ErrorKind::kFormat,
              {"does not have the shape [192, 1, 16, 16]"});
}

TEST(PlanJson, AbbreviatesEvenlySpacedIndices) {
  const std::string text =
      ToJson(PlanOf(Named("vit_small"), Named("vit_tiny"), {}));
  EXPECT_THAT(text, HasSubstr(R"({"name":"width","of":384,"take":)"
                              R"({"start":0,"step":2,"count":192}})"));
}

TEST(PlanJson, DigestsDifferBetweenPlans) {
  const Plan plan = PlanOf(Named("vit_small"), Named("vit_tiny"), {});
  Options consecutive;
  consecutive.method = RuleNamed("consecutive");
  EXPECT_EQ(DigestOf(plan), DigestOf(PlanFromJson(ToJson(plan), "p")));
  EXPECT_NE(DigestOf(plan), DigestOf(PlanOf(Named("vit_small"),
                                            Named("vit_tiny"), consecutive)));
}

// Version 1 called re-initialised tensors and the reset head "fresh".
TEST(PlanJson, ReadsVersion1) {
  constexpr std::string_view kOld = R"({"format": "wsel-plan", "version": 1,
    "teacher": {"generic":"t.pth","sizes":{},"stacks":[]},
    "student": {"generic":"s.pth","sizes":{},"stacks":[]},
    "options": {"method":"uniform","layers":"first","heads":"flat",
                "head":"fresh","patch_resize":"pinv","skip":["b*"],
                "official":false,"seed":0},
    "layers": [],
    "index_sets": [{"name":"4->2","of":4,"take":[0,2]}],
    "tensors": [
      {"name":"a","shape":[2],"from":"a","teacher_shape":[4],
       "axes":[{"set":"4->2"}]},
      {"name":"b","shape":[2],"fresh":{"reason":"skipped: b*",
       "init":{"kind":"constant","value":1.0}}}],
    "unused": [{"name":"b","reason":"skipped"}],
    "notes": []})";
  Plan plan;
  plan.teacher = GenericModel{"t.pth", {}, {}};
  plan.student = GenericModel{"s.pth", {}, {}};
  plan.options.skip = {"b*"};
  plan.sets.push_back({"4->2", 4, {0, 2}});
  plan.entries.push_back(
      {TensorSpec{"a", {2}}, Selected{"a", {4}, {AxisPick{0, 1}}, {}, {}}});
  plan.entries.push_back(
      {TensorSpec{"b", {2}}, Reinitialised{"skipped: b*", {.value = 1}}});
  plan.unused.push_back({"b", "skipped"});
  EXPECT_EQ(PlanFromJson(kOld, "p"), plan);
  const std::string text = ToJson(plan);
  EXPECT_THAT(text, HasSubstr(R"("version": 2)"));
  EXPECT_THAT(text, HasSubstr(R"("head":"reset")"));
  EXPECT_THAT(text, HasSubstr(R"("reinitialised":{"reason":"skipped: b*")"));
  EXPECT_EQ(PlanFromJson(text, "p"), plan);
}

// A plan file is untrusted input.
TEST(PlanJson, RejectsInvalidPlans) {
  const std::string good =
      ToJson(PlanOf(Named("vit_small"), Named("vit_tiny"), {}));
  const auto rejects = [&](const std::string& from, const std::string& to,
                           const std::vector<std::string>& parts) {
    ExpectError([&] { PlanFromJson(Replace(good, from, to), "p.json"); },
                ErrorKind::kFormat, parts);
  };
  rejects("wsel-plan", "other", {"p.json", "expected a plan"});
  rejects(R"("version": 2)", R"("version": 3)",
          {"expected a plan of version 1 or 2"});
  rejects(R"("count":192)", R"("count":999999999999)", {"index_sets[0].take"});
  rejects(R"("start":0)", R"("start":-1)", {"index_sets[0].take"});
  rejects(R"("step":2)", R"("step":3)", {"not a range within [0, 384)"});
  rejects(R"("step":2)", R"("step":9223372036854775807)",
          {"not a range within [0, 384)"});
  rejects(R"("of":384)", R"("of":1000000000000)",
          {"index_sets[0].of", "is 1000000000000"});
  rejects(R"("count":192)", R"("count":191)", {"tensors[0]", "shape"});
  rejects(R"("set":"width")", R"("set":"widht")",
          {"unknown index set 'widht'"});
  rejects(R"("groups":3)", R"("groups":2)", {"is of 384"});
  rejects(R"("groups":3)", R"("groups":0)", {"index set"});
  rejects(R"("shape":[1,1,192])", R"("shape":[1,-1,192])",
          {"not a valid tensor shape"});
  rejects(R"("shape":[1,1,192])", R"("shape":[4294967296,4294967296,2])",
          {"not a valid tensor shape"});
  rejects(R"("method":"uniform")", R"("method":"unifrom")",
          {"options.method", "did you mean 'uniform'"});
  rejects(R"("name":"pos_embed")", R"("name":"cls_token")",
          {"contains 'cls_token'", "has 'pos_embed'"});
  rejects(R"("embed_dim":192,"depth":12)", R"("embed_dim":192,"depth":11)",
          {"contains 152 tensors"});
  rejects(R"("unused": [)", R"("unusde": [)", {"unused", "missing"});
  rejects(R"("value":0.02,"bound":2.0)", R"("value":-1)",
          {"cannot initialise"});
  rejects(R"("kind":"trunc_normal")", R"("kind":"mimetic_qkv","heads":0)",
          {"cannot initialise"});
  rejects(R"("kind":"trunc_normal")", R"("kind":"sin_cos")",
          {"cannot initialise"});
  rejects(R"("reinitialised":{)", R"("reinitialised":{"x":1,)",
          {"unknown key 'x'"});
  ExpectError([&] { PlanFromJson(good.substr(0, good.size() / 2), "p.json"); },
              ErrorKind::kFormat, {"p.json", "not valid JSON"});
  ExpectError([] { PlanFromJson("", "p.json"); }, ErrorKind::kFormat,
              {"not valid JSON"});
}

TEST(PlanJson, KeepsTheGridsOfRectangles) {
  auto student = std::get<model::VitConfig>(Named("vit_tiny"));
  student.img_size = {192, 256};
  const Plan plan = PlanOf(Named("vit_small"), student, {});
  const std::string text = ToJson(plan);
  EXPECT_THAT(text, HasSubstr(R"("from_grid":14,"to_grid":[12,16])"));
  EXPECT_THAT(text, HasSubstr(R"("img_size":[192,256])"));
  EXPECT_EQ(PlanFromJson(text, "p"), plan);
  for (const char* grid : {"[12,-16]", "[12,4097]", "[12]", "[12,16,1]"}) {
    ExpectError(
        [&] {
          PlanFromJson(Replace(text, R"("to_grid":[12,16])",
                               fmt::format(R"("to_grid":{})", grid)),
                       "p.json");
        },
        ErrorKind::kFormat, {"positions.to_grid"});
  }
  // Without patches on either side there is still nothing to resample.
  ExpectError(
      [&] {
        PlanFromJson(Replace(text, R"("from_grid":14,"to_grid":[12,16])",
                             R"("from_grid":[5,0],"to_grid":[0,3])"),
                     "p.json");
      },
      ErrorKind::kFormat, {"positions.from_grid", "no grid"});
}

TEST(PlanJson, BoundsPositionsAndDigestsOfUntrustedPlans) {
  const std::string resampled = ToJson(PlanOf(
      Named("vit_small_patch14_dinov2"), Named("vit_tiny_patch16_224"), {}));
  std::string zeros = "[-1";
  for (int i = 0; i < 5000; ++i) zeros += ",-1";
  ExpectError(
      [&] {
        PlanFromJson(
            Replace(resampled, R"("prefix":[0])", "\"prefix\":" + zeros + "]"),
            "p.json");
      },
      ErrorKind::kFormat, {"positions.prefix", "5001 positions", "4096"});
  ExpectError(
      [&] {
        PlanFromJson(
            Replace(resampled, R"("from_grid":37)", R"("from_grid":0)"),
            "p.json");
      },
      ErrorKind::kFormat, {"positions.from_grid", "no grid"});
  ExpectError(
      [&] {
        PlanFromJson(Replace(resampled, R"("from":14)", R"("from":0)"),
                     "p.json");
      },
      ErrorKind::kFormat, {"kernel.from", "no kernel"});
  ExpectError(
      [&] {
        PlanFromJson(
            Replace(resampled, R"("from":14,"to":16)", R"("from":14,"to":0)"),
            "p.json");
      },
      ErrorKind::kFormat, {"kernel.to", "no kernel"});
  Options options;
  options.method = RuleNamed("magnitude");
  const std::string magnitude =
      ToJson(PlanOf(Named("vit_small"), Named("vit_tiny"), options));
  ExpectError(
      [&] {
        PlanFromJson(Replace(magnitude, std::string(64, 'a'), ""), "p.json");
      },
      ErrorKind::kFormat, {"largest_magnitude", "SHA-256"});
}

TEST(PlanJson, RejectsComputedTensorsWithoutTheirImages) {
  Options options;
  options.method = RuleNamed("projection");
  Plan plan = PlanOf(Named("vit_small"), Named("vit_tiny"), options);
  plan.calibration =
      CalibrationRecord{"cifar10", 512, 0, std::string(64, 'd'), {}};
  plan.entries[0].source = Computed{"in the basis of the stream"};
  const std::string good = ToJson(plan);
  const auto rejects = [&](const std::string& from, const std::string& to,
                           const std::vector<std::string>& parts) {
    ExpectError([&] { PlanFromJson(Replace(good, from, to), "p.json"); },
                ErrorKind::kFormat, parts);
  };
  rejects(R"("method":"projection")", R"("method":"uniform")",
          {"cls_token", "method uniform computes none"});
  rejects(R"("images":512)", R"("images":0)", {"calibration.images"});
  rejects(R"("layers": [[0,1,)", R"("layers": [[99,1,)", {"'layers'"});
  rejects(R"("layers": [[0,)", R"("layers": [[)", {"'layers'"});
  rejects(std::string(64, 'd'), "d", {"calibration.sha256", "SHA-256"});
  const auto rejects_teacher = [&](const auto& change) {
    auto teacher = std::get<model::VitConfig>(Named("vit_small"));
    change(teacher);
    Plan other = plan;
    other.teacher = model::Config(teacher);
    const std::string text = ToJson(other);
    ExpectError([&] { PlanFromJson(text, "p.json"); }, ErrorKind::kFormat,
                {"method projection", "image channels", "form of MLP"});
  };
  rejects_teacher([](auto& c) { c.in_chans = 1; });
  rejects_teacher([](auto& c) { c.mlp = model::MlpForm::kSwiGluPacked; });
  rejects(R"("dataset")", R"("datset")", {"calibration", "dataset"});
  plan.calibration.reset();
  EXPECT_FALSE(IsDecided(plan));
}

// The report lists whole blocks of a plan that was read, too.
TEST(PlanJson, TellsUnusedBlocksFromUnusedTensors) {
  const Plan plan = PlanFromJson(
      ToJson(PlanOf(Named("vit_small"), Named("ViT-A"), {})), "p.json");
  const auto count = [&](bool whole_block) {
    return std::count_if(
        plan.unused.begin(), plan.unused.end(), [&](const Unused& unused) {
          return (unused.reason == kUnusedBlock) == whole_block;
        });
  };
  EXPECT_EQ(count(true), 6 * 12);
  EXPECT_EQ(count(false), 2) << "head.weight, head.bias";
}

TEST(PlanJson, StoresNoPlanWithoutItsIndices) {
  Options options;
  options.method = RuleNamed("l1");
  const model::Config& teacher = Named("vit_small");
  const Plan plan = PlanSelection(teacher, HashedSource(teacher).Specs(),
                                  Named("vit_tiny"), options, {});
  EXPECT_THROW(ToJson(plan), std::logic_error);
}

}  // namespace
}  // namespace wsel::select
