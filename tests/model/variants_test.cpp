#include "wsel/model/variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "model/golden.h"
#include "throws.h"
#include "wsel/core/sha256.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::model {
namespace {

std::string DigestOf(const std::vector<ParameterSpec>& parameters) {
  Sha256 digest;
  for (const ParameterSpec& parameter : parameters) {
    digest.Update(fmt::format("{} {} {}\n", parameter.spec.name,
                              Name(parameter.spec.dtype),
                              FormatShape(parameter.spec.shape)));
  }
  return digest.Hex();
}

TEST(Variants, MatchTimmsNamesShapesAndOrder) {
  const auto golden = ReadGolden("variants.json").at("variants");
  EXPECT_EQ(golden.size(), Variants().size());
  for (const Variant& variant : Variants()) {
    const std::string& name = NameOf(variant.config);
    SCOPED_TRACE(name);
    ASSERT_TRUE(golden.contains(name));
    const auto& row = golden.at(name);
    const auto parameters = ParameterSpecs(variant.config);
    EXPECT_EQ(parameters.size(), row.at("tensors"));
    EXPECT_EQ(ParameterCount(variant.config), row.at("parameters"));
    EXPECT_EQ(DigestOf(parameters), row.at("digest"));
    std::visit(
        [&](const auto& c) {
          EXPECT_EQ(c.img_size, row.at("img_size").get<int64_t>());
        },
        variant.config);
  }
}

TEST(Variants, CountFlopsAsTorch) {
  const auto golden = ReadGolden("variants.json").at("variants");
  for (const Variant& variant : Variants()) {
    EXPECT_EQ(Flops(variant.config),
              golden.at(NameOf(variant.config)).at("flops"))
        << NameOf(variant.config);
  }
}

TEST(Variants, AreValid) {
  for (const Variant& variant : Variants()) {
    EXPECT_NO_THROW(Validate(variant.config, "variant"));
  }
}

TEST(Variants, HaveUniqueNamesAndAliases) {
  std::set<std::string> seen;
  const auto add = [&](std::string name) {
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return std::tolower(c); });
    EXPECT_TRUE(seen.insert(name).second) << name;
  };
  for (const Variant& variant : Variants()) {
    add(NameOf(variant.config));
    for (const std::string& alias : variant.aliases) add(alias);
  }
}

TEST(Variants, AreFoundByNameAndAlias) {
  const std::map<std::string, std::string> cases = {
      {"vit_tiny_patch16_224", "vit_tiny_patch16_224"},
      {"vit_tiny", "vit_tiny_patch16_224"},
      {"ViT-T", "vit_tiny_patch16_224"},
      {"ViT-T/16", "vit_tiny_patch16_224"},
      {"vit-t", "vit_tiny_patch16_224"},
      {"ViT-A", "vit_a_patch16_224"},
      {"vit_small", "vit_small_patch16_224"},
      {"ViT-S", "vit_small_patch16_224"},
      {"ViT-B/32", "vit_base_patch32_224"},
      {"ViT-L", "vit_large_patch16_224"},
      {"ViT-L/14", "vit_large_patch14_224"},
      {"ConvNeXt-F", "convnext_femto"},
      {"convnext-f", "convnext_femto"},
      {"DeiT-S", "deit_small_patch16_224"},
      {"dinov2_vits14", "vit_small_patch14_dinov2"},
  };
  for (const auto& [name, found] : cases) {
    EXPECT_EQ(NameOf(FindVariant(name).config), found) << name;
  }
}

TEST(Variants, SuggestTheNearestName) {
  ExpectError([] { FindVariant("vit_tini"); }, ErrorKind::kUsage,
              {"unknown model 'vit_tini'", "did you mean 'vit_tiny"});
  ExpectError([] { FindVariant("convnext_fento"); }, ErrorKind::kUsage,
              {"did you mean 'convnext_femto'?"});
  ExpectError([] { FindVariant(""); }, ErrorKind::kUsage, {"known:"});
}

TEST(Variants, DescribeArchitectures) {
  auto config = std::get<VitConfig>(FindVariant("vit_tiny").config);
  config.name = "mine";
  config.num_classes = 7;
  EXPECT_EQ(DescriptiveName(config), "vit_tiny_patch16_224");
  config.img_size = 384;
  EXPECT_EQ(DescriptiveName(config), "vit_tiny_patch16_384");
  config.img_size = 96;
  EXPECT_EQ(DescriptiveName(config), "vit_tiny_patch16_224");
  config.embed_dim = 224;
  config.num_heads = 4;
  EXPECT_EQ(DescriptiveName(config), "vit_d224_l12_h4_p16");
  auto femto = std::get<ConvNextConfig>(FindVariant("convnext_femto").config);
  EXPECT_EQ(DescriptiveName(femto), "convnext_femto");
  femto.dims[3] = 400;
  EXPECT_EQ(DescriptiveName(femto), "convnext_d48-96-192-400_l2-2-6-2");
}

}  // namespace
}  // namespace wsel::model
