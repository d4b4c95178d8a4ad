#include "wsel/model/config.h"

#include <functional>
#include <limits>

#include "throws.h"

namespace wsel::model {
namespace {

void ExpectVitError(const std::function<void(VitConfig&)>& change,
                    const std::vector<std::string>& parts) {
  VitConfig config;
  change(config);
  ExpectError([&] { Validate(config, "student"); }, ErrorKind::kConfig, parts);
}

void ExpectConvNextError(const std::function<void(ConvNextConfig&)>& change,
                         const std::vector<std::string>& parts) {
  ConvNextConfig config;
  change(config);
  ExpectError([&] { Validate(config, "student"); }, ErrorKind::kConfig, parts);
}

TEST(Validate, NamesTheFieldOfAVit) {
  ExpectVitError([](auto& c) { c.depth = 0; }, {"student.depth", "is 0"});
  ExpectVitError([](auto& c) { c.depth = 1 << 30; }, {"student.depth"});
  ExpectVitError([](auto& c) { c.embed_dim = int64_t{1} << 40; },
                 {"student.embed_dim"});
  ExpectVitError([](auto& c) { c.img_size = 225; },
                 {"student.img_size", "225", "16"});
  ExpectVitError(
      [](auto& c) {
        c.img_size = {192, 250};
      },
      {"student.img_size", "192x250", "width", "patch_size 16"});
  ExpectVitError(
      [](auto& c) {
        c.img_size = {190, 256};
      },
      {"student.img_size", "190x256", "height", "patch_size 16"});
  ExpectVitError(
      [](auto& c) {
        c.img_size = {0, 224};
      },
      {"student.img_size", "0x224", "from 1"});
  ExpectVitError(
      [](auto& c) {
        c.img_size = {224, -16};
      },
      {"student.img_size", "224x-16", "from 1"});
  ExpectVitError(
      [](auto& c) {
        c.img_size = {16, 16 * 513};
      },
      {"student.img_size", "513 patches per side"});
  ExpectVitError([](auto& c) { c.num_heads = 7; },
                 {"student.num_heads", "768", "7"});
  ExpectVitError([](auto& c) { c.num_classes = -1; }, {"student.num_classes"});
  ExpectVitError([](auto& c) { c.class_token = false; }, {"student.pooling"});
  ExpectVitError([](auto& c) { c.mlp_ratio = 1e-9; }, {"student.mlp_ratio"});
  ExpectVitError(
      [](auto& c) { c.mlp_ratio = std::numeric_limits<double>::infinity(); },
      {"student.mlp_ratio"});
  ExpectVitError([](auto& c) { c.norm_eps = 0; }, {"student.norm_eps"});
  ExpectVitError(
      [](auto& c) { c.layer_scale = std::numeric_limits<double>::quiet_NaN(); },
      {"student.layer_scale"});
}

TEST(Validate, AllowsADistillationTokenOnlyAsInTimm) {
  const auto distilled = [](auto change) {
    return [change](VitConfig& c) {
      c.dist_token = true;
      change(c);
    };
  };
  ExpectVitError(distilled([](auto& c) { c.reg_tokens = 4; }),
                 {"student.dist_token"});
  ExpectVitError(distilled([](auto& c) { c.no_embed_class = true; }),
                 {"student.dist_token"});
  ExpectVitError(distilled([](auto& c) { c.pooling = Pooling::kAverage; }),
                 {"student.dist_token"});
}

TEST(Validate, NamesTheFieldOfAConvNext) {
  ExpectConvNextError([](auto& c) { c.patch_size = 5; },
                      {"student.patch_size", "1 to 4"});
  ExpectConvNextError([](auto& c) { c.dims[2] = 0; }, {"student.dims[2]"});
  ExpectConvNextError([](auto& c) { c.depths[3] = 0; }, {"student.depths[3]"});
  ExpectConvNextError([](auto& c) { c.head_init_scale = 0; },
                      {"student.head_init_scale"});
  ExpectConvNextError([](auto& c) { c.kernel_sizes[1] = 4; },
                      {"student.kernel_sizes", "4", "odd"});
  ExpectConvNextError(
      [](auto& c) {
        c.stem_type = ConvNextStem::kOverlap;
        c.patch_size = 2;
      },
      {"student.patch_size", "stem_type"});
  ExpectConvNextError(
      [](auto& c) {
        c.head_norm_first = true;
        c.head_hidden_size = 8;
      },
      {"student.head_hidden_size", "head_norm_first"});
}

TEST(ConvNextConfig, RoundsTheTieredStemAsTimm) {
  ConvNextConfig c;
  c.stem_type = ConvNextStem::kOverlapTiered;
  // timm.layers.make_divisible(width // 2)
  for (const auto& [width, hidden] :
       {std::pair(40, 24), std::pair(48, 24), std::pair(64, 32),
        std::pair(4, 8), std::pair(22, 16), std::pair(38, 24)}) {
    c.dims[0] = width;
    EXPECT_EQ(c.StemHidden(), hidden) << width;
  }
  c.stem_type = ConvNextStem::kOverlap;
  EXPECT_EQ(c.StemHidden(), 38);
}

TEST(AreKin, WithinAnArchitectureAndBetweenConvNexts) {
  EXPECT_TRUE(AreKin(VitConfig{}, VitConfig{}));
  EXPECT_TRUE(AreKin(ConvNextConfig{}, ConvNextV2Config{}));
  EXPECT_FALSE(AreKin(ConvNextV2Config{}, VitConfig{}));
}

TEST(ConfigFields, ReferToTheConfig) {
  Config vit = VitConfig{};
  const ConfigFields fields = FieldsOf(vit);
  fields.depths[0] = 3;
  *fields.num_heads = 6;
  EXPECT_EQ(StageDepths(vit), std::vector<int64_t>{3});
  EXPECT_EQ(NumHeads(vit), 6);
  EXPECT_EQ(fields.conv_mlp, nullptr);

  Config convnext = ConvNextConfig{};
  FieldsOf(convnext).widths[3] = 1000;
  EXPECT_EQ(NumFeatures(convnext), 1000);
  EXPECT_EQ(NumHeads(convnext), 0);
  EXPECT_NE(FieldsOf(convnext).activation, nullptr);
  Config v2 = ConvNextV2Config{};
  EXPECT_EQ(FieldsOf(v2).activation, nullptr);
}

TEST(TokensOf, NamesTheRowsOfPositions) {
  VitConfig vit;
  vit.reg_tokens = 2;
  EXPECT_EQ(TokensOf(vit).prefix, 3);
  EXPECT_EQ(TokensOf(vit).grid, 14);
  EXPECT_EQ(
      TokensOf(vit).positioned_prefix,
      (std::vector<std::string>{"cls_token", "reg_token 0", "reg_token 1"}));
  vit.no_embed_class = true;
  EXPECT_EQ(TokensOf(vit).prefix, 3);
  EXPECT_TRUE(TokensOf(vit).positioned_prefix.empty());
  EXPECT_EQ(TokensOf(ConvNextConfig{}).prefix, 0);
}

TEST(ForwardExtras, AreWhatTheUsualFormLacks) {
  VitConfig vit;
  EXPECT_TRUE(ForwardExtras(vit).empty());
  vit.pre_norm = true;
  vit.activation = Activation::kQuickGelu;
  EXPECT_EQ(ForwardExtras(vit), (std::vector<std::string_view>{
                                    "a norm before the blocks", "QuickGELU"}));
  vit.qk_norm = true;
  vit.pos_embed = false;
  EXPECT_EQ(ForwardExtras(vit).back(), "normalised queries and keys");
}

}  // namespace
}  // namespace wsel::model
