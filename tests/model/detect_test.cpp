#include "wsel/model/detect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string_view>

#include "model/specs_source.h"
#include "throws.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

SpecsSource Tiny() { return SpecsSource(FindVariant("vit_tiny").config); }
SpecsSource Femto() {
  return SpecsSource(FindVariant("convnext_femto").config);
}

std::string Assumptions(const Detection& detection) {
  return fmt::to_string(fmt::join(detection.assumptions, "; "));
}

void ExpectDetectError(const SpecsSource& source,
                       const std::vector<std::string>& parts) {
  ExpectError([&] { Detect(source); }, ErrorKind::kMismatch, parts);
}

// The part of a config that a checkpoint determines: not activation and name.
Config Detectable(Config config) {
  const ConfigFields fields = FieldsOf(config);
  fields.name.clear();
  if (fields.activation != nullptr) *fields.activation = Activation::kGelu;
  if (TokensOf(config).grid == 0) fields.img_size = 224;
  return config;
}

// Variants whose tensors are those of another one, which is found instead: the
// models differ in heads, or in what is pooled.
constexpr std::string_view kLookAlikes[] = {
    "vit_base_patch16_gap_224", "vit_small_patch16_lingbot",
    "vit_base_patch16_lingbot", "vit_large_patch16_lingbot"};

TEST(Detect, FindsEveryVariantWithAndWithoutAHead) {
  for (const Variant& variant : Variants()) {
    if (std::ranges::count(kLookAlikes, NameOf(variant.config)) > 0) continue;
    for (const int64_t classes : {0, 37}) {
      Config config = variant.config;
      SetNumClasses(config, classes);
      const auto detection = Detect(SpecsSource(config));
      ASSERT_TRUE(detection) << NameOf(config);
      EXPECT_EQ(Detectable(detection->config), Detectable(config))
          << NameOf(config);
      EXPECT_TRUE(SameArchitecture(
          FindVariant(NameOf(detection->config)).config, detection->config));
    }
  }
}

// 16 heads at widths that heads of 64 channels would divide otherwise. At 768,
// where no weights of vit_base_patch16_gap_224, with 16, are published, 12.
TEST(Detect, GuessesTheHeadsOfPublishedModels) {
  auto config =
      std::get<VitConfig>(FindVariant("vit_base_patch16_gap_224").config);
  config.depth = 11;  // of no variant
  for (const int64_t width : {768, 1152, 1280, 1408, 1536, 1664}) {
    config.embed_dim = width;
    const auto detection = Detect(SpecsSource(config));
    const int64_t heads = width == 768 ? 12 : 16;
    EXPECT_EQ(NumHeads(detection->config), heads);
    EXPECT_TRUE(detection->knows_heads);
    EXPECT_THAT(Assumptions(*detection),
                testing::HasSubstr(fmt::format(
                    "{} heads, a guess by the published models of width {}",
                    heads, width)));
    const auto given = Detect(SpecsSource(config), {.num_heads = 8});
    EXPECT_EQ(NumHeads(given->config), 8);
  }
}

// DINOv2's giant, at a width of which most models have 16.
TEST(Detect, TakesTheHeadsOfTheVariantWithTheSameTensors) {
  const auto detection =
      Detect(SpecsSource(FindVariant("vit_giant_patch14_dinov2").config));
  EXPECT_EQ(NumHeads(detection->config), 24);
}

TEST(Detect, ReportsItsAssumptions) {
  EXPECT_EQ(Assumptions(*Detect(Tiny())),
            "3 heads, as in vit_tiny_patch16_224");
  EXPECT_EQ(Assumptions(*Detect(Femto())),
            "image size 224; initial layer scale 1e-06");
  const SpecsSource clip(FindVariant("vit_base_patch16_clip_224").config);
  EXPECT_THAT(Assumptions(*Detect(clip)),
              testing::AllOf(testing::HasSubstr("1e-05"),
                             testing::HasSubstr("QuickGELU")));
}

TEST(Detect, AssumesHeadsOf64ChannelsForUnknownWidths) {
  VitConfig config;
  config.embed_dim = 448;
  config.num_heads = 7;
  config.mlp_ratio = 10.0 / 3;  // hidden: 1493
  const auto detection = Detect(SpecsSource(config));
  const auto& found = std::get<VitConfig>(detection->config);
  EXPECT_EQ(found.num_heads, 7);
  EXPECT_EQ(found.MlpHidden(), config.MlpHidden());
  EXPECT_EQ(found.name, "vit_d448_l12_h7_p16");
  EXPECT_EQ(Assumptions(*detection),
            "64 channels per head, so 7 heads; the class token is pooled, not "
            "the patches");
  EXPECT_FALSE(detection->knows_heads);
  EXPECT_TRUE(Detect(Tiny())->knows_heads);
  EXPECT_TRUE(Detect(Femto())->knows_heads);
  EXPECT_TRUE(Detect(SpecsSource(config), {.num_heads = 14})->knows_heads);

  config.embed_dim = 100;
  config.num_heads = 2;
  const auto odd = Detect(SpecsSource(config));
  EXPECT_EQ(std::get<VitConfig>(odd->config).num_heads, 2);
}

TEST(Detect, KeepsEveryHiddenChannelOfOddRatios) {
  for (int64_t hidden = 1; hidden < 400; ++hidden) {
    auto source = Tiny();
    for (int block = 0; block < 12; ++block) {
      source.Reshape(fmt::format("blocks.{}.mlp.fc1.weight", block),
                     {hidden, 192});
    }
    const auto detection = Detect(source);
    EXPECT_EQ(std::get<VitConfig>(detection->config).MlpHidden(), hidden);
  }
}

TEST(Detect, InfersTheImageSizeFromTheGrid) {
  auto config = std::get<VitConfig>(FindVariant("vit_tiny").config);
  config.img_size = 96;
  config.reg_tokens = 4;
  for (const bool no_embed_class : {false, true}) {
    config.no_embed_class = no_embed_class;
    const auto found = std::get<VitConfig>(Detect(SpecsSource(config))->config);
    EXPECT_EQ(found.img_size, 96);
    EXPECT_EQ(found.reg_tokens, 4);
    EXPECT_EQ(found.no_embed_class, no_embed_class);
  }
}

TEST(Detect, StatesThatAnUnknownGridIsSquare) {
  VitConfig config;
  config.img_size = 64;
  config.patch_size = 8;  // 64 positions, perhaps of 16 x 4
  EXPECT_THAT(Assumptions(*Detect(SpecsSource(config))),
              testing::HasSubstr("a square grid of 8 x 8, so images of 64 px"));
}

TEST(Detect, TakesTheGridOfTheStatedSize) {
  VitConfig config;
  config.img_size = 64;
  config.patch_size = 8;  // 64 positions, and one of the class token
  const SpecsSource source(config);
  const auto found = [&](const HeightWidth& stated) {
    return *Detect(source, {.img_size = stated});
  };
  EXPECT_EQ(ImageSize(found({128, 32}).config), HeightWidth(128, 32));
  EXPECT_THAT(Assumptions(found({128, 32})),
              testing::Not(testing::HasSubstr("grid")));
  EXPECT_THAT(Assumptions(found(64)), testing::Not(testing::HasSubstr("grid")));
  // The weights are of another size than a file says.
  EXPECT_EQ(ImageSize(found({224, 192}).config), 64);
  EXPECT_THAT(Assumptions(found({224, 192})),
              testing::HasSubstr("a square grid of 8 x 8"));
  EXPECT_EQ(ImageSize(found({int64_t{1} << 62, -1}).config), 64);
}

TEST(Detect, NeedsTheSizeOfImagesThatAreNotSquare) {
  VitConfig config;
  config.img_size = {192, 256};
  config.patch_size = 16;
  const SpecsSource source(config);
  ExpectDetectError(source, {"pos_embed", "193 positions", "img_size"});
  for (const bool no_embed_class : {false, true}) {
    config.no_embed_class = no_embed_class;
    const auto found = std::get<VitConfig>(
        Detect(SpecsSource(config), {.img_size = HeightWidth(192, 256)})
            ->config);
    EXPECT_EQ(found.img_size, HeightWidth(192, 256));
    EXPECT_EQ(found.no_embed_class, no_embed_class);
  }
  // Pixels that no patch covers.
  EXPECT_EQ(
      ImageSize(Detect(source, {.img_size = HeightWidth(200, 260)})->config),
      HeightWidth(192, 256));
}

TEST(Detect, TakesKnownPooling) {
  const auto found = [](const Hints& hints) {
    return std::get<VitConfig>(Detect(Tiny(), hints)->config).pooling;
  };
  EXPECT_EQ(found({}), Pooling::kToken);
  EXPECT_EQ(found({.pooling = Pooling::kNormedAverage}),
            Pooling::kNormedAverage);
}

TEST(Detect, TakesKnownHeads) {
  const auto detection = Detect(Tiny(), {.num_heads = 6});
  EXPECT_EQ(std::get<VitConfig>(detection->config).num_heads, 6);
  EXPECT_EQ(Assumptions(*detection), "");
}

TEST(Detect, NamesNormsWithoutBias) {
  ExpectDetectError(Tiny().Remove("norm1.bias"),
                    {"blocks.0.norm1", "RMSNorm", "--family"});
}

TEST(Detect, SaysWhatNormsWithoutBiasAreTakenFor) {
  const auto normed = [](const char* name) {
    return *Detect(SpecsSource(FindVariant(name).config));
  };
  const auto rms = normed("convnext_atto_rms");
  EXPECT_EQ(std::get<ConvNextConfig>(rms.config).norm_layer,
            ConvNextNorm::kRmsNorm);
  EXPECT_THAT(
      Assumptions(rms),
      testing::HasSubstr("RMSNorm, as in convnext_atto_rms: norms without bias "
                         "may also be timm's SimpleNorm"));
  const auto simple = normed("convnext_zepto_rms");
  EXPECT_EQ(std::get<ConvNextConfig>(simple.config).norm_layer,
            ConvNextNorm::kSimpleNorm);
  EXPECT_THAT(Assumptions(simple), testing::HasSubstr("SimpleNorm, as in"));
}

TEST(Detect, TakesEpsAndActivationFromTheKnownModel) {
  const SpecsSource source(FindVariant("test_convnext").config);
  const auto known = Detect(source);
  const auto config = std::get<ConvNextConfig>(known->config);
  EXPECT_EQ(config.norm_eps, 1e-5);
  EXPECT_EQ(config.activation, Activation::kGeluTanh);
  EXPECT_THAT(Assumptions(*known),
              testing::HasSubstr(
                  "eps 1e-05, as in test_convnext; activation gelu_tanh, "
                  "as in test_convnext"));
  const auto stated =
      Detect(source, {.norm_eps = 1e-6, .activation = Activation::kGelu});
  EXPECT_EQ(std::get<ConvNextConfig>(stated->config).activation,
            Activation::kGelu);
  EXPECT_EQ(std::get<ConvNextConfig>(stated->config).norm_eps, 1e-6);
  EXPECT_EQ(Assumptions(*stated), "image size 224; initial layer scale 1e-06");
}

TEST(Detect, TakesTheHeadsHiddenLayer) {
  const auto found =
      Detect(SpecsSource(FindVariant("convnext_large_mlp").config));
  EXPECT_EQ(NameOf(found->config), "convnext_large_mlp");
}

TEST(Detect, DistinguishesConvNexts) {
  auto config = std::get<ConvNextConfig>(FindVariant("convnext_femto").config);
  config.conv_mlp = false;  // the official weight-selection student
  config.layer_scale = 0;
  config.patch_size = 2;
  const auto found =
      std::get<ConvNextConfig>(Detect(SpecsSource(config))->config);
  config.name = found.name;
  EXPECT_EQ(found, config);
}

TEST(Detect, AcceptsAFileWithoutHeadNorm) {
  const auto detection = Detect(Femto().Remove("head"));
  EXPECT_EQ(NameOf(detection->config), "convnext_femto");
  EXPECT_EQ(NumClasses(detection->config), 0);
}

TEST(Detect, TakesGrnForAConvNextV2) {
  const auto detection =
      Detect(SpecsSource(FindVariant("convnextv2_nano").config));
  EXPECT_EQ(NameOf(detection->config), "convnextv2_nano");
  EXPECT_EQ(ArchitectureName(detection->config), "ConvNeXt V2");
  EXPECT_EQ(Assumptions(*detection), "image size 224");
}

TEST(Detect, FindsNothingInOtherModels) {
  EXPECT_FALSE(Detect(SpecsSource()));
  EXPECT_FALSE(Detect(SpecsSource()
                          .Add("conv1.weight", {64, 3, 7, 7})
                          .Add("fc.weight", {1000, 512})));
  // A Swin.
  EXPECT_FALSE(
      Detect(SpecsSource()
                 .Add("patch_embed.proj.weight", {96, 3, 4, 4})
                 .Add("layers.0.blocks.0.attn.qkv.weight", {288, 96})));
}

VitConfig DetectAs(const VitConfig& config) {
  return std::get<VitConfig>(Detect(SpecsSource(config))->config);
}

TEST(Detect, TakesLookAlikesForThePublishedModel) {
  for (const auto& [name, found] :
       {std::pair("vit_base_patch16_gap_224",
                  "vit_base_patch16_siglip_gap_224"),
        std::pair("vit_small_patch16_lingbot",
                  "vit_small_patch16_dinov3_qkvb")}) {
    const auto detection = Detect(SpecsSource(FindVariant(name).config));
    EXPECT_EQ(NameOf(detection->config), found);
  }
}

TEST(Detect, TakesAllNormsWithoutBiasForRmsNorm) {
  auto config = std::get<VitConfig>(FindVariant("vit_tiny").config);
  config.norm = Norm::kRmsNorm;
  const auto detection = Detect(SpecsSource(config));
  EXPECT_EQ(std::get<VitConfig>(detection->config).norm, Norm::kRmsNorm);
  EXPECT_THAT(Assumptions(*detection), testing::HasSubstr("looks alike"));
}

// Rotary positions leave no tensor: those of the variant, or of the published
// models of the same form.
TEST(Detect, AssumesRotaryPositions) {
  auto config =
      std::get<VitConfig>(FindVariant("vit_small_patch16_dinov3").config);
  config.depth = 5;  // of no variant
  const auto detection = Detect(SpecsSource(config));
  const auto& found = std::get<VitConfig>(detection->config);
  EXPECT_EQ(found.rope, Rope::kDinov3);
  EXPECT_EQ(found.rope_temperature, 100);
  EXPECT_TRUE(found.rope_rotate_half);
  EXPECT_FALSE(found.pos_embed);
  EXPECT_THAT(
      Assumptions(*detection),
      testing::AllOf(testing::HasSubstr("rotary positions as in DINOv3"),
                     testing::HasSubstr("images of")));

  const VitConfig perception = DetectAs(
      std::get<VitConfig>(FindVariant("vit_pe_core_base_patch16_224").config));
  EXPECT_EQ(perception.rope_ref_grid, 14);
  EXPECT_EQ(perception.rope_grid_offset, 1);
  EXPECT_EQ(perception.attn_pool_heads, 8);
}

// A file without its last norm is incomplete unless a known model has none.
TEST(Detect, KnowsWhichModelsHaveNoFinalNorm) {
  EXPECT_TRUE(
      std::get<VitConfig>(
          Detect(Tiny().Remove("norm.weight").Remove("norm.bias"))->config)
          .final_norm);
  EXPECT_FALSE(DetectAs(std::get<VitConfig>(
                            FindVariant("vit_base_patch16_radio_v3").config))
                   .final_norm);
}

TEST(Detect, RejectsUnsupportedArchitecturesByTensorName) {
  ExpectDetectError(Tiny().Add("blocks.0.mlp.w12.weight", {4096, 192}),
                    {"blocks.0.mlp.w12.weight", "SwiGLU"});
  ExpectDetectError(Tiny().Add("blocks.0.attn.rel_pos_h", {27, 64}),
                    {"blocks.0.attn.rel_pos_h", "relative positions"});
  ExpectDetectError(Femto().Add("stages.0.blocks.0.mlp.grn.weight", {192}),
                    {"stages.0.blocks.0.mlp.grn.weight", "V2"});
  ExpectDetectError(
      Femto().Add("stem.3.weight", {48}),
      {"stem.0.weight", "[48, image channels, 3, 3]", "overlapping stem"});
  SpecsSource v2(FindVariant("convnextv2_atto").config);
  ExpectDetectError(v2.Remove("norm.bias"), {"grn", "norms without bias"});
  ExpectDetectError(Tiny().Add("head.pre_logits.fc.weight", {192, 192}),
                    {"head.pre_logits.fc.weight", "hidden layer"});
}

TEST(Detect, TakesTheChannelsOfImagesFromTheFirstConvolution) {
  for (const char* name :
       {"vit_tiny", "convnext_femto", "convnext_atto_ols", "convnextv2_atto"}) {
    for (const int64_t in_chans : {1, 4}) {
      Config config = FindVariant(name).config;
      FieldsOf(config).in_chans = in_chans;
      const auto detected = Detect(SpecsSource(config));
      ASSERT_TRUE(detected) << name;
      EXPECT_EQ(Detectable(detected->config), Detectable(config)) << name;
    }
  }
}

TEST(Detect, ErrorsNameTheTensor) {
  ExpectDetectError(Tiny().Remove("pos_embed"), {"pos_embed", "is missing"});
  ExpectDetectError(Tiny().Reshape("pos_embed", {1, 190, 192}),
                    {"pos_embed", "190 positions", "1 prefix"});
  ExpectDetectError(Tiny().Reshape("pos_embed", {197, 192}),
                    {"pos_embed", "[197, 192]", "3 dimensions"});
  ExpectDetectError(Tiny().Remove("blocks.3."), {"blocks.3", "is missing"});
  ExpectDetectError(Tiny().Reshape("blocks.0.attn.qkv.weight", {192, 192}),
                    {"blocks.0.attn.qkv.weight", "[576, 192]"});
  ExpectDetectError(Tiny().Reshape("patch_embed.proj.weight", {192, 3, 16, 8}),
                    {"patch_embed.proj.weight", "square patches"});
  ExpectDetectError(
      Tiny().Reshape("patch_embed.proj.weight", {192, 5000, 16, 16}),
      {"patch_embed.proj.weight", "[192, 5000, 16, 16]", "1 to 1024 channels"});
  ExpectDetectError(Tiny().Add("norm_pre.weight", {192}),
                    {"patch_embed.proj.bias", "norm_pre"});
  ExpectDetectError(
      Femto().Reshape("stages.1.blocks.0.conv_dw.weight", {96, 1, 4, 4}),
      {"stages.1.blocks.0.conv_dw.weight", "odd kernel"});
  ExpectDetectError(Femto().Reshape("stem.0.weight", {48, 3, 8, 8}),
                    {"stem.0.weight", "1 to 4"});
  ExpectDetectError(Femto().Remove("stages.2."),
                    {"stages.2.blocks.0.conv_dw.weight", "is missing"});
}

// Block numbers are untrusted: they do not determine any allocation.
TEST(Detect, HandlesAbsurdBlockNumbers) {
  ExpectDetectError(Tiny().Add("blocks.1000000000.norm1.weight", {192}),
                    {"blocks.12", "is missing"});
  EXPECT_TRUE(
      Detect(Tiny().Add("blocks.99999999999999999999999.norm1.weight", {192})));
  EXPECT_TRUE(Detect(Tiny().Add("blocks.-1.norm1.weight", {192})));
  EXPECT_TRUE(Detect(Tiny().Add("blocks.", {192})));
}

// Whatever the shapes, the result is a valid config, nullopt or a wsel::Error.
TEST(Detect, SurvivesHostileShapes) {
  std::mt19937_64 random(1);
  const std::vector<int64_t> sizes = {0,
                                      1,
                                      2,
                                      3,
                                      7,
                                      16,
                                      192,
                                      (1 << 20) - 1,
                                      1 << 20,
                                      -1,
                                      std::numeric_limits<int64_t>::max(),
                                      std::numeric_limits<int64_t>::min()};
  int rejected = 0;
  for (int round = 0; round < 4000; ++round) {
    SpecsSource source = round % 2 == 0 ? Tiny() : Femto();
    const auto specs = source.Specs();
    for (int change = 0; change < 3; ++change) {
      const TensorSpec& spec = specs[random() % specs.size()];
      Shape shape(random() % 3 == 0 ? random() % 6 : spec.shape.size());
      for (int64_t& size : shape) size = sizes[random() % sizes.size()];
      source.Reshape(spec.name, shape);
      // Detect looks at tensors that come first or are in block 0.
      const TensorSpec& early = specs[random() % 12];
      if (random() % 2 == 0) source.Reshape(early.name, shape);
    }
    try {
      const auto detection = Detect(source);
      if (detection) {
        EXPECT_NO_THROW(Validate(detection->config, "detected"));
      }
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kMismatch) << e.what();
      ++rejected;
    }
  }
  EXPECT_GT(rejected, 1000);
}

}  // namespace
}  // namespace wsel::model
