#include "wsel/model/config_json.h"

#include <fmt/format.h>

#include <string>

#include "throws.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

Config Read(const std::string& text) {
  return ConfigFromJson(text, "model", ErrorKind::kConfig);
}

void ExpectReadError(const std::string& text,
                     const std::vector<std::string>& parts) {
  ExpectError([&] { Read(text); }, ErrorKind::kConfig, parts);
}

TEST(ConfigJson, ReadsBackEveryVariant) {
  for (const Variant& variant : Variants()) {
    EXPECT_EQ(Read(ToJson(variant.config)), variant.config)
        << ToJson(variant.config);
  }
}

TEST(ConfigJson, WritesTheFamilyFirst) {
  EXPECT_TRUE(ToJson(VitConfig{}).starts_with(R"({"family":"vit","name":)"));
  EXPECT_TRUE(ToJson(ConvNextConfig{}).starts_with(R"({"family":"convnext",)"));
}

// So plans and checkpoints of usual models stay as they were.
TEST(ConfigJson, WritesFieldsOfFewConvNextsOnlyWhereTheyAreUsed) {
  const std::string usual = ToJson(ConvNextConfig{});
  EXPECT_EQ(usual.find("stem_type"), std::string::npos) << usual;
  EXPECT_TRUE(usual.ends_with(R"("norm_eps":1e-06})")) << usual;
  ConvNextConfig ols;
  ols.stem_type = ConvNextStem::kOverlapTiered;
  EXPECT_NE(ToJson(ols).find(R"("stem_type":"overlap_tiered"})"),
            std::string::npos);
}

TEST(ConfigJson, WritesTheChannelsOfImagesThatAreNotRgb) {
  for (const char* base : {"vit_tiny", "convnext_femto", "convnextv2_atto"}) {
    const std::string rgb = fmt::format(R"({{"base": "{}"}})", base);
    EXPECT_EQ(ToJson(Read(rgb)).find("in_chans"), std::string::npos);
    const Config grey =
        Read(fmt::format(R"({{"base": "{}", "in_chans": 1}})", base));
    EXPECT_EQ(InChans(grey), 1);
    EXPECT_EQ(NameOf(grey), NameOf(Read(rgb)));
    EXPECT_NE(ToJson(grey).find(R"("in_chans":1)"), std::string::npos);
    EXPECT_EQ(Read(ToJson(grey)), grey);
    EXPECT_NE(Describe(grey).find(", 1-channel images"), std::string::npos);
    ExpectReadError(fmt::format(R"({{"base": "{}", "in_chans": 0}})", base),
                    {"in_chans"});
    ExpectReadError(fmt::format(R"({{"base": "{}", "in_chans": 1025}})", base),
                    {"in_chans"});
  }
}

// A square stays one number, so that hashes of models do not change.
TEST(ConfigJson, AnImageSizeIsASideOrHeightAndWidth) {
  for (const char* base : {"vit_tiny", "convnext_femto", "convnextv2_atto"}) {
    const auto with = [&](const char* size) {
      return fmt::format(R"({{"base": "{}", "img_size": {}}})", base, size);
    };
    EXPECT_NE(ToJson(Read(with("[96, 96]"))).find(R"("img_size":96,)"),
              std::string::npos);
    EXPECT_EQ(Read(with("[96, 96]")), Read(with("96")));
    const Config wide = Read(with("[96, 160]"));
    EXPECT_EQ(ImageSize(wide), HeightWidth(96, 160));
    EXPECT_EQ(Read(with("\"96x160\"")), wide);
    EXPECT_NE(ToJson(wide).find(R"("img_size":[96,160],)"), std::string::npos);
    EXPECT_EQ(Read(ToJson(wide)), wide);
    EXPECT_EQ(NameOf(wide), NameOf(Read(with("96"))));
    for (const char* size :
         {"0", "-96", "[96]", "[96, 0]", "[96, -96]", "[96, 96, 3]", "\"wide\"",
          "96.5", "null", "{\"height\": 96}", "[1048576, 96]"}) {
      ExpectReadError(with(size), {"model.img_size"});
    }
  }
}

TEST(ConfigJson, OverridesABase) {
  const auto config = std::get<VitConfig>(
      Read(R"({"base": "vit_tiny", "depth": 6, "num_classes": 10})"));
  EXPECT_EQ(config.depth, 6);
  EXPECT_EQ(config.embed_dim, 192);
  EXPECT_EQ(config.num_classes, 10);
  EXPECT_EQ(config.name, "vit_a_patch16_224");
}

TEST(ConfigJson, KeepsTheBaseNameIfOnlyClassesOrImageSizeDiffer) {
  EXPECT_EQ(NameOf(Read(R"({"base": "deit_tiny", "num_classes": 10})")),
            "deit_tiny_patch16_224");
  EXPECT_EQ(NameOf(Read(R"({"base": "deit_tiny", "img_size": 96})")),
            "deit_tiny_patch16_224");
  EXPECT_EQ(NameOf(Read(R"({"base": "vit_tiny", "embed_dim": 224,
                            "num_heads": 4, "name": "mine"})")),
            "mine");
}

TEST(ConfigJson, NamesConfigsWithoutABase) {
  EXPECT_EQ(NameOf(Read(R"({"family": "vit"})")), "vit_base_patch16_224");
  EXPECT_EQ(NameOf(Read(R"({"family": "convnext", "dims": [8, 16, 24, 32],
                            "depths": [1, 1, 1, 1]})")),
            "convnext_d8-16-24-32_l1-1-1-1");
}

TEST(ConfigJson, NamesAConvNextV2) {
  EXPECT_EQ(NameOf(Read(R"({"family": "convnextv2"})")), "convnextv2_tiny");
  EXPECT_EQ(NameOf(Read(R"({"base": "ConvNeXtV2-A", "depths": [1, 1, 1, 1]})")),
            "convnextv2_d40-80-160-320_l1-1-1-1");
}

TEST(ConfigJson, ErrorsNameThePath) {
  ExpectReadError(R"({"base": "vit_tini"})",
                  {"model.base", "did you mean 'vit_tiny"});
  ExpectReadError(R"({"base": "vit_tiny", "dept": 6})",
                  {"unknown key 'dept'", "did you mean 'depth'?"});
  ExpectReadError(R"({"base": "vit_tiny", "depth": 6.5})", {"model.depth"});
  ExpectReadError(R"({"base": "vit_tiny", "depth": 0})",
                  {"model.depth", "is 0"});
  ExpectReadError(R"({"base": "vit_tiny", "dims": [1, 2, 3, 4]})",
                  {"unknown key 'dims'"});
  ExpectReadError(R"({"base": "vit_tiny", "pooling": "tokn"})",
                  {"model.pooling", "did you mean 'token'?"});
  ExpectReadError(R"({"family": "resnet"})", {"model.family", "vit, convnext"});
  ExpectReadError(R"({"family": "convnext", "base": "vit_tiny"})",
                  {"model.family", "'vit_tiny_patch16_224' is a ViT"});
  ExpectReadError(R"({"depth": 6})", {"\"base\"", "\"family\""});
  ExpectReadError(R"({"family": "convnext", "dims": [1, 2, 3]})",
                  {"model.dims", "3 values"});
  ExpectReadError("[]", {"model", "expected an object"});
}

TEST(ConfigJson, ErrorsHaveTheGivenKind) {
  ExpectError(
      [] {
        ConfigFromJson(R"({"family": "vit", "depth": 0})", "a.safetensors",
                       ErrorKind::kFormat);
      },
      ErrorKind::kFormat, {"a.safetensors.depth: is 0"});
  ExpectError(
      [] {
        ConfigFromJson(R"({"base": "x"})", "a.safetensors", ErrorKind::kFormat);
      },
      ErrorKind::kFormat, {"a.safetensors.base: unknown model 'x'"});
}

TEST(ConfigJson, WritesRareFieldsOnlyIfTheyAreUsed) {
  const std::string plain = ToJson(FindVariant("vit_tiny").config);
  EXPECT_EQ(plain.find("rope"), std::string::npos) << plain;
  EXPECT_EQ(plain.find("qk_norm"), std::string::npos) << plain;
  for (const char* name :
       {"vit_small_patch16_dinov3_qkvb", "eva02_base_patch16_clip_224",
        "vit_pe_core_tiny_patch16_384", "aimv2_large_patch14_224",
        "vit_dpwee_patch16_reg1_gap_256", "test_vit3"}) {
    const Config config = FindVariant(name).config;
    EXPECT_EQ(ConfigFromJson(ToJson(config), "test", ErrorKind::kConfig),
              config);
  }
}

}  // namespace
}  // namespace wsel::model
