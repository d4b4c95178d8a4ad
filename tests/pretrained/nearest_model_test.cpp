#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace wsel::pretrained
