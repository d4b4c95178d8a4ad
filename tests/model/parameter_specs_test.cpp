#include "wsel/model/parameter_specs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>
#include <map>

#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

using testing::ElementsAre;

std::map<std::string, ParameterSpec> ByName(const Config& config) {
  std::map<std::string, ParameterSpec> parameters;
  for (const ParameterSpec& parameter : ParameterSpecs(config)) {
    parameters[parameter.spec.name] = parameter;
  }
  return parameters;
}

constexpr Axis kFixed = {Role::kFixed};
constexpr Axis kImage = {Role::kImageChannels};

Axis Width(int stage) { return {Role::kWidth, stage}; }

TEST(ParameterSpecs, RolesOfAVit) {
  const auto vit =
      ByName(FindVariant("deit_tiny_distilled_patch16_224").config);
  const Axis inner = {Role::kAttnInner};
  const Axis qkv = {Role::kAttnInner, 0, 3};
  const Axis hidden = {Role::kMlpHidden};
  const auto axes = [&](const char* name) { return vit.at(name).axes; };
  EXPECT_THAT(axes("cls_token"), ElementsAre(kFixed, kFixed, Width(0)));
  EXPECT_THAT(axes("pos_embed"),
              ElementsAre(kFixed, Axis{Role::kTokens}, Width(0)));
  EXPECT_THAT(
      axes("patch_embed.proj.weight"),
      ElementsAre(Width(0), kImage, Axis{Role::kKernel}, Axis{Role::kKernel}));
  EXPECT_THAT(axes("blocks.3.attn.qkv.weight"), ElementsAre(qkv, Width(0)));
  EXPECT_THAT(axes("blocks.3.attn.qkv.bias"), ElementsAre(qkv));
  EXPECT_THAT(axes("blocks.3.attn.proj.weight"), ElementsAre(Width(0), inner));
  EXPECT_THAT(axes("blocks.3.mlp.fc1.weight"), ElementsAre(hidden, Width(0)));
  EXPECT_THAT(axes("blocks.3.mlp.fc1.bias"), ElementsAre(hidden));
  EXPECT_THAT(axes("blocks.3.mlp.fc2.weight"), ElementsAre(Width(0), hidden));
  EXPECT_THAT(axes("head.weight"), ElementsAre(Axis{Role::kClasses}, Width(0)));
  EXPECT_THAT(axes("head_dist.bias"), ElementsAre(Axis{Role::kClasses}));
}

TEST(ParameterSpecs, RolesOfAConvNext) {
  const auto femto = ByName(FindVariant("convnext_femto").config);
  const auto axes = [&](const char* name) { return femto.at(name).axes; };
  const Axis kernel = {Role::kKernel};
  EXPECT_THAT(axes("stem.0.weight"),
              ElementsAre(Width(0), kImage, kernel, kernel));
  EXPECT_THAT(axes("stages.2.blocks.1.gamma"), ElementsAre(Width(2)));
  EXPECT_THAT(axes("stages.2.blocks.1.conv_dw.weight"),
              ElementsAre(Width(2), kFixed, kFixed, kFixed));
  EXPECT_THAT(axes("stages.2.blocks.1.mlp.fc1.weight"),
              ElementsAre(Axis{Role::kMlpHidden, 2}, Width(2), kFixed, kFixed));
  EXPECT_THAT(axes("stages.2.downsample.0.weight"), ElementsAre(Width(1)));
  EXPECT_THAT(axes("stages.2.downsample.1.weight"),
              ElementsAre(Width(2), Width(1), kFixed, kFixed));
  EXPECT_THAT(axes("head.norm.weight"), ElementsAre(Width(3)));
  EXPECT_THAT(axes("head.fc.weight"),
              ElementsAre(Axis{Role::kClasses}, Width(3)));
}

TEST(ParameterSpecs, RolesOfAnOverlappingStem) {
  const auto atto = ByName(FindVariant("convnext_atto_ols").config);
  const Axis hidden = {Role::kStemHidden};
  EXPECT_EQ(atto.at("stem.0.weight").spec.shape, (Shape{24, 3, 3, 3}));
  EXPECT_THAT(atto.at("stem.0.weight").axes,
              ElementsAre(hidden, kImage, kFixed, kFixed));
  EXPECT_THAT(atto.at("stem.1.weight").axes,
              ElementsAre(Width(0), hidden, kFixed, kFixed));
  EXPECT_EQ(atto.at("stem.2.weight").component, Component::kNorm);
  const auto zepto = ByName(FindVariant("convnext_zepto_rms_ols").config);
  EXPECT_EQ(zepto.at("stem.2.weight").component, Component::kPatchEmbed);
  EXPECT_TRUE(zepto.contains("stem.3.weight"));
  EXPECT_FALSE(zepto.contains("stem.3.bias"));
}

TEST(ParameterSpecs, RolesOfAHeadWithAHiddenLayer) {
  const auto large = ByName(FindVariant("convnext_large_mlp").config);
  const Axis hidden = {Role::kHeadHidden};
  EXPECT_THAT(large.at("head.pre_logits.fc.weight").axes,
              ElementsAre(hidden, Width(3)));
  EXPECT_THAT(large.at("head.fc.weight").axes,
              ElementsAre(Axis{Role::kClasses}, hidden));
}

TEST(ParameterSpecs, OfGrnAreOfTheHiddenChannels) {
  const auto atto = ByName(FindVariant("convnextv2_atto").config);
  for (const char* name : {"weight", "bias"}) {
    const ParameterSpec& grn =
        atto.at(fmt::format("stages.1.blocks.0.mlp.grn.{}", name));
    EXPECT_EQ(grn.key, fmt::format("stages.1.blocks.{{}}.mlp.grn.{}", name));
    EXPECT_EQ(grn.spec.shape, (Shape{320}));
    EXPECT_THAT(grn.axes, ElementsAre(Axis{Role::kMlpHidden, 1}));
    EXPECT_EQ(grn.component, Component::kMlp);
  }
}

TEST(ParameterSpecs, KeyStageAndBlock) {
  const auto vit = ByName(FindVariant("vit_tiny").config);
  const ParameterSpec& fc1 = vit.at("blocks.11.mlp.fc1.weight");
  EXPECT_EQ(fc1.key, "blocks.{}.mlp.fc1.weight");
  EXPECT_EQ(fc1.stage, 0);
  EXPECT_EQ(fc1.block, 11);
  EXPECT_EQ(fc1.component, Component::kMlp);
  EXPECT_EQ(vit.at("norm.weight").key, "norm.weight");
  EXPECT_EQ(vit.at("norm.weight").stage, -1);

  const auto femto = ByName(FindVariant("convnext_femto").config);
  const ParameterSpec& norm = femto.at("stages.2.blocks.5.norm.bias");
  EXPECT_EQ(norm.key, "stages.2.blocks.{}.norm.bias");
  EXPECT_EQ(norm.stage, 2);
  EXPECT_EQ(norm.block, 5);
  EXPECT_EQ(norm.component, Component::kNorm);
  EXPECT_EQ(femto.at("stages.2.downsample.1.bias").block, -1);
}

TEST(ParameterSpecs, HaveAnAxisForEveryDimension) {
  for (const Variant& variant : Variants()) {
    for (const ParameterSpec& parameter : ParameterSpecs(variant.config)) {
      ASSERT_EQ(parameter.axes.size(), parameter.spec.shape.size())
          << parameter.spec.name;
      for (size_t i = 0; i < parameter.axes.size(); ++i) {
        EXPECT_EQ(parameter.spec.shape[i] % parameter.axes[i].groups, 0);
      }
    }
  }
}

TEST(ParameterSpecs, OmitTheHeadWithoutClasses) {
  Config config = FindVariant("deit_tiny_distilled_patch16_224").config;
  SetNumClasses(config, 0);
  const auto parameters = ByName(config);
  EXPECT_FALSE(parameters.contains("head.weight"));
  EXPECT_FALSE(parameters.contains("head_dist.weight"));
}

TEST(ParameterSpecs, Stage0DownsamplesOnlyAtPatchSize2) {
  ConvNextConfig config;
  config.patch_size = 2;
  EXPECT_TRUE(ByName(config).contains("stages.0.downsample.1.weight"));
  config.patch_size = 3;
  EXPECT_FALSE(ByName(config).contains("stages.0.downsample.1.weight"));
}

TEST(ParameterSpecs, ComponentNames) {
  std::vector<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Component::kPreLogits); ++i) {
    names.push_back(Name(static_cast<Component>(i)));
  }
  EXPECT_THAT(names,
              ElementsAre("patch_embed", "pos_embed", "tokens", "attn", "conv",
                          "norm", "mlp", "layer_scale", "attn_pool",
                          "downsample", "head", "pre_logits"));
}

TEST(Flops, SaturateForTheLargestModel) {
  VitConfig vit;
  vit.img_size = 512;
  vit.patch_size = 1;
  vit.embed_dim = (1 << 20) - 1;
  vit.num_heads = 1;
  vit.mlp_ratio = 1;
  vit.depth = 1024;
  ASSERT_NO_THROW(Validate(vit, "test"));
  EXPECT_EQ(Flops(vit), std::numeric_limits<int64_t>::max());
  EXPECT_GT(ParameterCount(vit), 0);
}

TEST(ActivationBytes, IsProportionalToDepthAndImageArea) {
  VitConfig vit;
  const int64_t shallow = ActivationBytes(vit);
  EXPECT_GT(shallow, vit.depth * 197 * vit.embed_dim * 4);
  vit.depth *= 2;
  EXPECT_EQ(ActivationBytes(vit), 2 * shallow);
  ConvNextConfig convnext;
  const int64_t small = ActivationBytes(convnext);
  convnext.img_size = {2 * convnext.img_size.height,
                       2 * convnext.img_size.width};
  EXPECT_EQ(ActivationBytes(convnext), 4 * small);
}

}  // namespace
}  // namespace wsel::model
