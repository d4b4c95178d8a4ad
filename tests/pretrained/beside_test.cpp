#include "wsel/pretrained/beside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"

namespace wsel::pretrained {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The files that transformers 5.24, timm 1.0 and open_clip 3.3 write,
// shortened.
constexpr const char* kHuggingFace = R"({
  "model_type": "vit", "hidden_act": "quick_gelu", "hidden_size": 8,
  "layer_norm_eps": 1e-05, "num_attention_heads": 4,
  "id2label": {"0": "tea", "1": "coffee"}})";
constexpr const char* kProcessor = R"({
  "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "resample": 2,
  "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}})";
constexpr const char* kTimm = R"({
  "architecture": "vit_tiny_patch16_224", "num_features": 8,
  "model_args": {"embed_dim": 8, "num_heads": 1}, "label_names": ["x", "y"],
  "pretrained_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
                     "crop_pct": 0.9, "interpolation": "bicubic"}})";
constexpr const char* kOpenClip = R"({
  "model_cfg": {"embed_dim": 4, "quick_gelu": true,
                "vision_cfg": {"width": 8, "head_width": 2}},
  "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})";

// A ViT of 8 channels and two classes under timm's names, without metadata.
std::string WriteVit(const TempFolder& folder,
                     const model::VitConfig& config = SmallVit()) {
  std::string path = (folder / "model.safetensors").string();
  std::vector<TensorSpec> specs;
  for (const auto& parameter : ParameterSpecs(config)) {
    specs.push_back(parameter.spec);
  }
  WriteZeros(path, specs);
  return path;
}

model::VitConfig VitOf(const Facts& facts) {
  return std::get<model::VitConfig>(facts.model);
}

TEST(Beside, HuggingFacesFilesCount) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  EXPECT_THROW(RequireKnownHeads(Open(path)), Error);
  WriteTextFile(folder / "config.json", kHuggingFace);
  WriteTextFile(folder / "preprocessor_config.json", kProcessor);
  const auto checkpoint = Open(path);
  RequireKnownHeads(checkpoint);
  const Facts facts = FactsOf(checkpoint);
  EXPECT_EQ(VitOf(facts).num_heads, 4);
  EXPECT_EQ(VitOf(facts).norm_eps, 1e-5);
  EXPECT_EQ(VitOf(facts).activation, model::Activation::kQuickGelu);
  EXPECT_THAT(facts.mean_std.mean.value, ElementsAre(0.1, 0.2, 0.3));
  EXPECT_EQ(facts.mean_std.mean.source, FactSource::kBeside);
  EXPECT_EQ(facts.mean_std.mean.detail, "preprocessor_config.json");
  EXPECT_DOUBLE_EQ(facts.crop_pct.value, 0.875);
  EXPECT_EQ(facts.crop_pct.source, FactSource::kBeside);
  EXPECT_EQ(facts.interpolation.value, image::Interpolation::kBilinear);
  EXPECT_THAT(ClassNamesOf(checkpoint).names, ElementsAre("tea", "coffee"));
  EXPECT_EQ(ClassNamesOf(checkpoint).source, "config.json");
  EXPECT_EQ(
      RequireSameClasses(checkpoint, 2, {"coffee", "tea"}, ClassOrder::kNames),
      (std::vector<int64_t>{1, 0}));
}

TEST(Beside, TimmsConfigCounts) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "config.json", kTimm);
  const auto checkpoint = Open(path);
  const Facts facts = FactsOf(checkpoint);
  EXPECT_EQ(VitOf(facts).num_heads, 1);
  EXPECT_THAT(facts.mean_std.std.value, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(facts.crop_pct.value, 0.9);
  EXPECT_THAT(ClassNamesOf(checkpoint).names, ElementsAre("x", "y"));
  // What the user says comes first.
  const Facts given = FactsOf(Open(path, {}, 2), {.crop_pct = 1});
  EXPECT_EQ(VitOf(given).num_heads, 2);
  EXPECT_EQ(given.crop_pct.value, 1);
  EXPECT_EQ(given.crop_pct.detail, "0.9 (config.json)");
}

// timm's crop_mode, open_clip's resize_mode, and what transformers' processors
// do.
TEST(Beside, CropModesCount) {
  struct Case {
    const char* file;
    const char* text;
    image::CropMode mode;
    double crop_pct;
  };
  using enum image::CropMode;
  const char* const processor = "preprocessor_config.json";
  for (const Case& c : {
           Case{"config.json", R"({"pretrained_cfg": {"crop_pct": 0.95,
                "crop_mode": "squash"}})",
                kSquash, 0.95},
           Case{"config.json", R"({"pretrained_cfg": {"crop_pct": 1}})",
                kCenter, 1},
           Case{"open_clip_config.json", R"({"preprocess_cfg": {
                "resize_mode": "squash"}})",
                kSquash, 1},
           Case{"open_clip_config.json", R"({"preprocess_cfg": {
                "resize_mode": "shortest"}})",
                kCenter, 1},
           Case{processor, R"({"size": {"height": 224, "width": 224}})",
                kSquash, 1},
           Case{processor, kProcessor, kCenter, 0.875},
           // The form of older files, and what each class makes of it.
           Case{processor, R"({"feature_extractor_type": "CLIPFeatureExtractor",
                "do_center_crop": true, "crop_size": 224, "size": 224})",
                kCenter, 1},
           Case{processor, R"({"feature_extractor_type": "ViTFeatureExtractor",
                "do_resize": true, "size": 224})",
                kSquash, 1},
           Case{processor, R"({"feature_extractor_type": "DeiTFeatureExtractor",
                "do_center_crop": true, "crop_size": 224, "size": 256})",
                kSquash, 0.875},
           Case{processor, R"({"image_processor_type": "DeiTImageProcessor",
                "do_center_crop": true, "crop_size": {"height": 224, "width": 224},
                "size": {"height": 256, "width": 256}})",
                kSquash, 0.875},
           Case{processor,
                R"({"feature_extractor_type": "ConvNextFeatureExtractor",
                "size": 384, "crop_pct": 0.9})",
                kAuto, 0.9},
           Case{processor, R"({"image_processor_type": "ConvNextImageProcessor",
                "size": {"shortest_edge": 224}, "crop_pct": 0.9})",
                kCenter, 0.9},
           Case{processor, R"({"image_processor_type": "ConvNextImageProcessor",
                "size": {"shortest_edge": 384}, "crop_pct": 0.9})",
                kAuto, 0.9},
       }) {
    const TempFolder folder;
    const std::string path = WriteVit(folder);
    WriteTextFile(folder / c.file, c.text);
    const Facts facts = FactsOf(Open(path));
    EXPECT_EQ(facts.crop_mode.value, c.mode) << c.text;
    EXPECT_EQ(facts.crop_mode.detail, c.file) << c.text;
    EXPECT_DOUBLE_EQ(facts.crop_pct.value, c.crop_pct) << c.text;
    EXPECT_THAT(facts.remarks, testing::IsEmpty()) << c.text;
  }
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "config.json",
                R"({"pretrained_cfg": {"crop_mode": "border"}})");
  EXPECT_THAT(FactsOf(Open(path)).remarks,
              ElementsAre(HasSubstr("pads them (border)")));
}

TEST(Beside, OpenClipsConfigCounts) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "open_clip_config.json", kOpenClip);
  const Facts facts = FactsOf(Open(path));
  EXPECT_EQ(VitOf(facts).num_heads, 4);
  EXPECT_EQ(VitOf(facts).activation, model::Activation::kQuickGelu);
  EXPECT_EQ(VitOf(facts).norm_eps, 1e-5);
  EXPECT_EQ(facts.crop_pct.value, 1);
  EXPECT_THAT(facts.mean_std.mean.value, ElementsAre(0.5, 0.5, 0.5));
}

TEST(Beside, PoolingAndImageSizeCount) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "config.json",
                R"({"global_pool": "avg", "model_args": {"num_heads": 2}})");
  EXPECT_EQ(VitOf(FactsOf(Open(path))).pooling, model::Pooling::kNormedAverage);
  WriteTextFile(folder / "config.json",
                R"({"num_attention_heads": 2, "image_size": [32, 8]})");
  EXPECT_EQ(VitOf(FactsOf(Open(path))).img_size, HeightWidth(32, 8));
}

TEST(Beside, OpenClipsPoolOfATimmTowerCounts) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  const auto pooling_by = [&](const char* pool) {
    WriteTextFile(folder / "open_clip_config.json",
                  fmt::format(R"({{"model_cfg": {{"vision_cfg": {{
                      "timm_model_name": "vit_of_no_name",
                      "timm_pool": "{}"}}}}}})",
                              pool));
    return VitOf(FactsOf(Open(path))).pooling;
  };
  EXPECT_EQ(pooling_by("token"), model::Pooling::kToken);
  EXPECT_EQ(pooling_by("avg"), model::Pooling::kNormedAverage);
}

TEST(Beside, PositionsOfRectanglesNeedTheirSize) {
  const TempFolder folder;
  model::VitConfig config = SmallVit();
  config.img_size = {24, 32};
  const std::string path = WriteVit(folder, config);
  const auto expect_unknown = [&] {
    ExpectError([&] { FactsOf(Open(path)); }, ErrorKind::kMismatch,
                {"13 positions", "`teacher_model`", "img_size"});
  };
  expect_unknown();
  EXPECT_EQ(VitOf(FactsOf(Open(path), {.model = config})).img_size,
            HeightWidth(24, 32));
  for (const char* text :
       {R"({"num_attention_heads": 2, "image_size": [24, 32]})",
        R"({"model_args": {"num_heads": 2, "img_size": [24, 32]}})",
        R"({"pretrained_cfg": {"input_size": [3, 24, 32]}})"}) {
    WriteTextFile(folder / "config.json", text);
    EXPECT_EQ(VitOf(FactsOf(Open(path))).img_size, HeightWidth(24, 32)) << text;
  }
  // Of a model of another width.
  WriteTextFile(folder / "config.json",
                R"({"hidden_size": 9, "image_size": [24, 32]})");
  expect_unknown();
}

// As timm's SigLIPs of 384 px, whose patches of 14 cover 378.
TEST(Beside, ImagesThatPatchesDoNotCoverAreARemark) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "config.json", R"({"image_size": 20})");
  const auto checkpoint = Open(path);
  EXPECT_EQ(VitOf(FactsOf(checkpoint)).img_size, 16);
  EXPECT_THAT(FactsOf(checkpoint).remarks,
              ElementsAre(HasSubstr("20 px, of which its patches cover 16")));
}

TEST(Beside, IsNotUsedForAnotherModel) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "config.json",
                R"({"hidden_size": 16, "num_attention_heads": 4,
                    "id2label": {"0": "a", "1": "b"}})");
  const auto checkpoint = Open(path);
  EXPECT_FALSE(checkpoint.model->knows_heads);
  EXPECT_TRUE(ClassNamesOf(checkpoint).names.empty());
  EXPECT_THAT(FactsOf(checkpoint).remarks,
              ElementsAre(HasSubstr("width 16, this one has 8")));
  // Nor for a file of this program, which states what it knows itself.
  WriteTextFile(folder / "config.json", kHuggingFace);
  const auto own = ZeroCheckpoint(folder, SmallVit());
  EXPECT_EQ(VitOf(FactsOf(own)).num_heads, 2);
}

TEST(Beside, UnsupportedPartsAreToldUnlessTheModelIsGiven) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  WriteTextFile(folder / "config.json", R"({"hidden_act": "relu"})");
  EXPECT_EQ(VitOf(FactsOf(Open(path))).activation, model::Activation::kRelu);
  WriteTextFile(folder / "config.json", R"({"hidden_act": "mish"})");
  ExpectError([&] { FactsOf(Open(path)); }, ErrorKind::kMismatch,
              {"config.json", "mish", "`model`"});
  EXPECT_EQ(NameOf(FactsOf(Open(path), {.model = SmallVit()}).model), "small");
}

TEST(Beside, HostileFilesAreRemarksOrLeftOut) {
  const TempFolder folder;
  const std::string path = WriteVit(folder);
  for (const char* text :
       {"{", "[]", "\"x\"", R"({"num_attention_heads": 0})",
        R"({"num_attention_heads": "4", "image_mean": [1, 2], "id2label": 3})",
        R"({"num_attention_heads": 3, "size": [], "id2label": {"0": 1}})",
        R"({"pretrained_cfg": {"crop_pct": -1, "interpolation": "random"}})",
        R"({"layer_norm_eps": -1, "image_std": [0, 1, 1]})",
        R"({"model_cfg": {"vision_cfg": {"width": 8, "head_width": 0}}})"}) {
    WriteTextFile(folder / "config.json", text);
    const auto checkpoint = Open(path);
    ASSERT_TRUE(checkpoint.model) << text;
    EXPECT_FALSE(checkpoint.model->knows_heads) << text;
    EXPECT_EQ(FactsOf(checkpoint).crop_pct.source, FactSource::kAssumed);
    EXPECT_EQ(FactsOf(checkpoint).mean_std.std.source, FactSource::kAssumed);
    EXPECT_GT(VitOf(FactsOf(checkpoint)).norm_eps, 0);
  }
}

}  // namespace
}  // namespace wsel::pretrained
