#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/optim/adamw_options.h"

namespace wsel::optim {
namespace {

model::Config ConfigOf(const std::string& name) {
  if (name == "vit_tiny_patch16_224+reg_tokens4") {
    auto config = std::get<model::VitConfig>(
        model::FindVariant("vit_tiny_patch16_224").config);
    config.reg_tokens = 4;
    return config;
  }
  return model::FindVariant(name).config;
}

// Goldens by scripts/golden/optim.py with the official get_parameter_groups,
// which agrees with timm's there.
TEST(HasWeightDecay, MatchesTheOfficialGroups) {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/optim/recipe.json";
  const auto golden = ParseJson(ReadText(path), path, ErrorKind::kFormat);
  ASSERT_EQ(golden["decayed"].size(), 4U);
  for (const auto& [name, expected] : golden["decayed"].items()) {
    std::vector<std::string> ours;
    for (const auto& parameter : model::ParameterSpecs(ConfigOf(name))) {
      if (HasWeightDecay(parameter.spec)) {
        ours.push_back(parameter.spec.name);
      }
    }
    EXPECT_EQ(ours, expected.get<std::vector<std::string>>()) << name;
  }
}

TEST(HasWeightDecay, DependsOnShapeAndName) {
  EXPECT_TRUE(HasWeightDecay({"head.weight", {10, 4}}));
  EXPECT_TRUE(HasWeightDecay({"stem.0.weight", {4, 3, 4, 4}}));
  EXPECT_FALSE(HasWeightDecay({"norm.weight", {4}}));
  EXPECT_FALSE(HasWeightDecay({"scale", {}}));
  EXPECT_FALSE(HasWeightDecay({"odd.bias", {4, 4}}));
  EXPECT_FALSE(HasWeightDecay({"pos_embed", {1, 5, 4}}));
  // Only whole names count.
  EXPECT_TRUE(HasWeightDecay({"pos_embed.weight", {5, 4}}));
}

}  // namespace
}  // namespace wsel::optim
