// open_clip's image towers of other forms than CLIP's: read, or rejected with
// what they have that is not supported.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "naming/golden.h"
#include "pretrained/zero_checkpoint.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::naming {
namespace {

// A file of zeros, opened.
pretrained::PretrainedCheckpoint OpenTower(
    const TempFolder& folder, const std::vector<TensorSpec>& specs) {
  const auto path = folder / "open_clip_model.safetensors";
  pretrained::WriteZeros(path, specs);
  return pretrained::Open(path.string());
}

model::VitConfig TowerConfig() {
  model::VitConfig config;
  config.name = "tower";
  config.img_size = 16;
  config.patch_size = 8;
  config.embed_dim = 8;
  config.depth = 2;
  config.num_heads = 2;
  config.num_classes = 4;
  return config;
}

// The tensors of timm's model as open_clip has them.
std::vector<TensorSpec> TrunkOf(const model::VitConfig& config) {
  std::vector<TensorSpec> specs;
  for (const auto& parameter : ParameterSpecs(config)) {
    specs.push_back(parameter.spec);
    specs.back().name = "visual.trunk." + specs.back().name;
  }
  specs.push_back({"logit_scale", {}});
  return specs;
}

// open_clip's own tower, under a prefix or none, with CoCa's pooling.
std::vector<TensorSpec> CocaTower(std::string_view prefix) {
  const std::string visual = "visual.";
  const auto file = checkpoint::Open(GoldenFolder() / "open_clip.safetensors");
  std::vector<TensorSpec> specs;
  for (TensorSpec spec : file->Specs()) {
    if (!spec.name.starts_with(visual)) continue;
    spec.name.replace(0, visual.size(), prefix);
    specs.push_back(spec);
  }
  for (const char* name : {"attn_pool.query", "attn_pool.attn.q_proj_weight",
                           "attn_pool.ln_q.weight"}) {
    specs.push_back({std::string(prefix) + name, {4, 6}});
  }
  return specs;
}

TEST(OpenClipTowers, AnEvaIsOneCopyOfTheWeights) {
  for (const model::Qkv qkv : {model::Qkv::kQvBias, model::Qkv::kSeparate}) {
    model::VitConfig config = TowerConfig();
    config.qkv = qkv;
    const TempFolder folder;
    const auto tower = OpenTower(folder, TrunkOf(config));
    EXPECT_EQ(tower.remapped.source, "open_clip, timm's EVA");
    EXPECT_THAT(tower.remapped.other_copies, testing::IsEmpty());
    const auto& found = std::get<model::VitConfig>(RequireModel(tower).config);
    EXPECT_EQ(found.qkv, qkv);
    EXPECT_TRUE(MissingKeys(tower).empty());
  }
}

TEST(OpenClipTowers, ConvolutionalStemsAreRejectedByName) {
  std::vector<TensorSpec> specs = TrunkOf(TowerConfig());
  std::erase_if(specs, [](const TensorSpec& spec) {
    return spec.name.find("patch_embed") != std::string::npos;
  });
  specs.push_back(
      {"visual.trunk.patch_embed.backbone.0.conv.weight", {4, 3, 4, 4}});
  const TempFolder folder;
  ExpectError([&] { RequireModel(OpenTower(folder, specs)); },
              ErrorKind::kMismatch,
              {"patch_embed.backbone.0.conv.weight", "a convolutional stem",
               "not supported"});
}

TEST(OpenClipTowers, CocasPoolingIsRejectedByName) {
  for (const char* prefix : {"visual.", ""}) {
    const TempFolder folder;
    ExpectError([&] { RequireModel(OpenTower(folder, CocaTower(prefix))); },
                ErrorKind::kMismatch,
                {"attn_pool.query", "CoCa's attention pooling"});
  }
}

}  // namespace
}  // namespace wsel::naming
