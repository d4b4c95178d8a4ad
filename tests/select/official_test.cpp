// Options::official against the paper's own code, to the bit, for the model
// pairs that are documented to match. Goldens by scripts/golden/selection.py.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "hashed_source.h"
#include "wsel/core/sha256.h"
#include "wsel/model/variants.h"
#include "wsel/select/apply.h"

namespace wsel::select {
namespace {

using OfficialDigests = std::map<std::string, std::string>;

model::Config StudentOf(const std::string& name) {
  if (name == "vit_tiny_patch16_224+embed_dim224") {
    auto config = std::get<model::VitConfig>(
        model::FindVariant("vit_tiny_patch16_224").config);
    config.embed_dim = 224;
    config.num_heads = 4;
    return config;
  }
  return model::FindVariant(name).config;
}

OfficialDigests Select(const std::string& teacher_name, model::Config student,
                       bool official) {
  const model::Config& teacher = model::FindVariant(teacher_name).config;
  auto* convnext = std::get_if<model::ConvNextConfig>(&student);
  if (convnext != nullptr) convnext->conv_mlp = !official;
  const HashedSource source(teacher);
  Options options;
  options.official = official;
  const Plan plan =
      PlanSelection(teacher, source.Specs(), student, options, {});
  const Student result = Apply(plan, &source);
  OfficialDigests digests;
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    digests[plan.entries[i].student.name] =
        Sha256Hex(result.tensors[i].bytes).substr(0, 16);
  }
  return digests;
}

nlohmann::json OfficialCase(int index) {
  std::ifstream file(WSEL_SOURCE_DIR "/tests/golden/select/official.json");
  return nlohmann::json::parse(file)["cases"][index];
}

class Official : public testing::TestWithParam<int> {};

TEST_P(Official, EqualsThePapersCodeToTheBit) {
  const auto golden = OfficialCase(GetParam());
  EXPECT_EQ(Select(golden["teacher"], StudentOf(golden["student"]), true),
            golden["sha256_16"].get<OfficialDigests>());
}

INSTANTIATE_TEST_SUITE_P(Pairs, Official, testing::Range(0, 6));

// If widths divide (ViT-S, ViT-B -> T; ConvNeXt-T -> F), the default equals the
// official rule, except for ConvNeXt's final norm and the number of dimensions
// of fc1 and fc2.
class Default : public testing::TestWithParam<int> {};

TEST_P(Default, EqualsTheOfficialRuleIfWidthsDivide) {
  const auto golden = OfficialCase(GetParam());
  const OfficialDigests ours =
      Select(golden["teacher"], StudentOf(golden["student"]), false);
  const auto official = golden["sha256_16"].get<OfficialDigests>();
  for (const auto& [name, digest] : official) {
    EXPECT_EQ(ours.at(name), digest) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Pairs, Default, testing::Values(0, 1, 4));

}  // namespace
}  // namespace wsel::select
