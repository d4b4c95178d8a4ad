#include "wsel/naming/export.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "throws.h"
#include "wsel/model/variants.h"

namespace wsel::naming {
namespace {

using nlohmann::json;

template <typename Config>
Config Changed(std::string_view name, void (*change)(Config&)) {
  auto config = std::get<Config>(model::FindVariant(name).config);
  change(config);
  return config;
}

void ExpectNotExportable(const model::Config& config, Naming naming,
                         const std::string& reason) {
  SCOPED_TRACE(reason);
  ExpectError([&] { RequireExportable(config, naming); }, ErrorKind::kMismatch,
              {NameOf(config), reason});
}

TEST(ExportSupport, AcceptsModelsThatTheLibraryHas) {
  for (const char* name : {"vit_tiny", "convnext_tiny"}) {
    for (const Naming naming :
         {Naming::kTimm, Naming::kHuggingFace, Naming::kTorchvision}) {
      RequireExportable(model::FindVariant(name).config, naming);
    }
  }
}

TEST(ExportSupport, FailsForModelsThatTheLibraryCannotBuild) {
  using model::ConvNextConfig;
  using model::VitConfig;
  const auto hf = Naming::kHuggingFace;
  const auto torchvision = Naming::kTorchvision;
  ExpectNotExportable(
      Changed<VitConfig>("vit_tiny", [](auto& c) { c.class_token = false; }),
      hf, "has no class token");
  ExpectNotExportable(
      Changed<VitConfig>("vit_tiny", [](auto& c) { c.no_embed_class = true; }),
      hf, "no position embedding");
  ExpectNotExportable(
      Changed<VitConfig>(
          "vit_tiny",
          [](auto& c) { c.pooling = model::Pooling::kNormedAverage; }),
      torchvision, "average pooling");
  const model::Config grey =
      Changed<VitConfig>("vit_tiny", [](auto& c) { c.in_chans = 1; });
  ExpectNotExportable(grey, torchvision, "1-channel images");
  ExpectNotExportable(
      Changed<ConvNextConfig>("convnext_tiny", [](auto& c) { c.in_chans = 4; }),
      torchvision, "4-channel images");
  RequireExportable(grey, hf);
  EXPECT_EQ(json::parse(HfConfig(grey, {}))["num_channels"], 1);
  const model::Config unbiased =
      Changed<VitConfig>("vit_tiny", [](auto& c) { c.qkv_bias = false; });
  ExpectNotExportable(unbiased, torchvision, "no qkv bias");
  RequireExportable(unbiased, hf);
  const model::Config small = Changed<ConvNextConfig>(
      "convnext_tiny", [](auto& c) { c.patch_size = 2; });
  ExpectNotExportable(small, hf, "patches of 2 pixels");
  ExpectNotExportable(small, Naming::kMeta, "patches of 2 pixels");
  const model::Config unscaled = Changed<ConvNextConfig>(
      "convnext_tiny", [](auto& c) { c.layer_scale = 0; });
  ExpectNotExportable(unscaled, torchvision, "no layer scale");
  RequireExportable(unscaled, Naming::kMeta);
  for (const auto& [name, part] :
       {std::pair("convnext_atto_ols", "overlapping stem"),
        std::pair("convnext_atto_rms", "norms without bias"),
        std::pair("test_convnext3", "kernels other than 7 x 7"),
        std::pair("convnext_large_mlp", "hidden layer")}) {
    ExpectNotExportable(model::FindVariant(name).config, hf, part);
  }
  RequireExportable(small, Naming::kTimm);
}

TEST(ExportSupport, OnlyViTAndDeiTOfHuggingFaceHaveRectangles) {
  const auto wide = [](std::string_view name) {
    return Changed<model::VitConfig>(name, [](auto& c) {
      c.img_size = {224, 112};
    });
  };
  const auto hf = Naming::kHuggingFace;
  for (const char* name : {"vit_tiny", "deit_tiny_distilled_patch16_224"}) {
    const model::Config config = wide(name);
    RequireExportable(config, hf);
    EXPECT_EQ(json::parse(HfConfig(config, {}))["image_size"].dump(),
              "[224,112]");
    ExpectNotExportable(config, Naming::kTorchvision, "not square");
  }
  ExpectNotExportable(wide("vit_base_patch32_clip_224"), hf, "not square");
  ExpectNotExportable(wide("vit_small_patch14_dinov2"), hf, "not square");
  const model::Config convnext =
      Changed<model::ConvNextConfig>("convnext_tiny", [](auto& c) {
        c.img_size = {224, 112};
      });
  RequireExportable(convnext, hf);
  const auto timm = json::parse(
      TimmConfig(wide("vit_tiny"), {{"input_size", {3, 224, 112}}}));
  EXPECT_EQ(timm["model_args"]["img_size"].dump(), "[224,112]");
}

TEST(HfConfig, HasTheModelTypeAndSizes) {
  const auto of = [](const model::Config& config) {
    return json::parse(HfConfig(config));
  };
  const json vit = of(model::FindVariant("vit_tiny").config);
  EXPECT_EQ(vit["architectures"], json({"ViTForImageClassification"}));
  EXPECT_EQ(vit["intermediate_size"], 768);
  EXPECT_EQ(vit["num_labels"], 1000);
  EXPECT_EQ(vit["layer_norm_eps"], 1e-6);
  const json convnext = of(model::FindVariant("convnext_femto").config);
  EXPECT_EQ(convnext["model_type"], "convnext");
  EXPECT_EQ(convnext["hidden_sizes"], json({48, 96, 192, 384}));
  const json v2 = of(model::FindVariant("convnextv2_atto").config);
  EXPECT_EQ(v2["model_type"], "convnextv2");
  EXPECT_EQ(v2["architectures"], json({"ConvNextV2ForImageClassification"}));
  EXPECT_EQ(v2["hidden_sizes"], json({40, 80, 160, 320}));
  EXPECT_FALSE(v2.contains("layer_scale_init_value"));
  const json clip =
      of(Changed<model::VitConfig>("vit_tiny", [](model::VitConfig& c) {
        c.pre_norm = true;
        c.activation = model::Activation::kQuickGelu;
        c.num_classes = 0;
      }));
  EXPECT_EQ(clip["architectures"], json({"CLIPVisionModel"}));
  EXPECT_EQ(clip["hidden_act"], "quick_gelu");
  EXPECT_FALSE(clip.contains("projection_dim"));
}

TEST(TimmConfig, HasTheChannelsOfImagesThatAreNotRgb) {
  for (const char* name : {"vit_tiny", "eva02_tiny_patch14_224",
                           "convnext_femto", "convnextv2_atto"}) {
    model::Config config = model::FindVariant(name).config;
    const auto arguments = [&] {
      return json::parse(
          TimmConfig(config, {{"input_size", {1, 224, 224}}}))["model_args"];
    };
    EXPECT_FALSE(arguments().contains("in_chans")) << name;
    FieldsOf(config).in_chans = 1;
    EXPECT_EQ(arguments()["in_chans"], 1) << name;
  }
}

TEST(TimmConfig, HasAnArchitectureAndItsArguments) {
  const auto of = [](const model::Config& config) {
    return json::parse(TimmConfig(config, {{"input_size", {3, 224, 224}}}));
  };
  const json vit = of(model::FindVariant("vit_tiny").config);
  EXPECT_EQ(vit["architecture"], "vit_tiny_patch16_224");
  EXPECT_EQ(vit["model_args"]["embed_dim"], 192);
  EXPECT_EQ(vit["model_args"]["global_pool"], "token");
  EXPECT_EQ(vit["pretrained_cfg"]["classifier"], "head");
  EXPECT_EQ(vit["pretrained_cfg"]["input_size"], json({3, 224, 224}));
  EXPECT_TRUE(vit["pretrained_cfg"]["fixed_input_size"]);
  EXPECT_FALSE(vit.contains("label_names"));
  const json convnext = of(model::FindVariant("convnext_femto").config);
  EXPECT_EQ(convnext["model_args"]["dims"], json({48, 96, 192, 384}));
  EXPECT_FALSE(convnext["pretrained_cfg"]["fixed_input_size"]);
  EXPECT_FALSE(convnext["model_args"].contains("stem_type"));
  const json zepto =
      of(model::FindVariant("convnext_zepto_rms_ols").config)["model_args"];
  EXPECT_EQ(zepto["stem_type"], "overlap_act");
  EXPECT_EQ(zepto["norm_layer"], "simplenorm");
  const json third =
      of(model::FindVariant("test_convnext3").config)["model_args"];
  EXPECT_EQ(third["kernel_sizes"], json({7, 5, 5, 3}));
  EXPECT_EQ(third["act_layer"], "silu");
  const json mlp =
      of(model::FindVariant("convnext_large_mlp").config)["model_args"];
  EXPECT_EQ(mlp["head_hidden_size"], 1536);
  const json v2 = of(model::FindVariant("convnextv2_atto").config);
  EXPECT_EQ(v2["architecture"], "convnextv2_atto");
  EXPECT_TRUE(v2["model_args"]["use_grn"]);
  ExpectError(
      [&] {
        of(Changed<model::VitConfig>(
            "vit_tiny", [](model::VitConfig& c) { c.norm_eps = 1e-12; }));
      },
      ErrorKind::kMismatch, {"eps 1e-12", "norm_eps"});
}

TEST(HfConfig, FailsForADinov2WithAFractionalMlpRatio) {
  const auto config =
      Changed<model::VitConfig>("vit_tiny", [](model::VitConfig& c) {
        c.layer_scale = 1e-5;
        c.mlp_ratio = 2.5;
      });
  ExpectError([&] { HfConfig(config); }, ErrorKind::kMismatch,
              {"480 MLP channels"});
}

}  // namespace
}  // namespace wsel::naming
