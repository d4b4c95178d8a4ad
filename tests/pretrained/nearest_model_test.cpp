#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"

namespace wsel::pretrained {
namespace {

// A ViT's tensors, some under names that no library has.
TEST(NearestModel, IsNamedWithWhatDiffers) {
  const TempFolder folder;
  const std::string path = (folder / "a.safetensors").string();
  std::vector<TensorSpec> specs;
  for (const auto& parameter : ParameterSpecs(SmallVit())) {
    TensorSpec spec = parameter.spec;
    const size_t at = spec.name.find("attn.qkv");
    if (at != std::string::npos) spec.name.replace(at, 8, "mixer.in");
    if (spec.name.starts_with("patch_embed")) spec.name = "stem" + spec.name;
    specs.push_back(spec);
  }
  WriteZeros(path, specs);
  ExpectError([&] { RequireModel(Open(path)); }, ErrorKind::kMismatch,
              {"nearest is vit_", "only the file has", "blocks.0.mixer.in",
               "stempatch_embed.proj", "only the model has",
               "blocks.0.attn.qkv", "--family"});
}

// A file with the first tensors of a family's models; the family is named.
TEST(NearestModel, FilesOfShippedFamiliesLeadToThem) {
  const std::pair<const char*, const char*> kCases[] = {
      {"layers.0.blocks.0.attn.relative_position_bias_table", "/swin.json"},
      {"layers.0.blocks.0.attn.cpb_mlp.0.weight", "/swinv2.json"},
      {"blocks.0.attn.relative_position_bias_table", "/beit.json"},
      {"layer1.0.conv2.weight", "/resnet_basic.json"},
      {"module.layer1.0.conv3.weight", "/resnet_bottleneck.json"}};
  for (const auto& [tensor, file] : kCases) {
    const TempFolder folder;
    const std::string path = (folder / "a.safetensors").string();
    WriteZeros(path, {{"norm.weight", {8}, DType::kF32},
                      {tensor, {8, 8}, DType::kF32}});
    ExpectError([&] { RequireModel(Open(path)); }, ErrorKind::kMismatch,
                {"--family configs/families", file});
  }
}

}  // namespace
}  // namespace wsel::pretrained
