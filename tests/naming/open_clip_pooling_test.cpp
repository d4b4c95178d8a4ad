// open_clip's own image towers have open_clip's outputs, however their config
// says that they pool. Goldens by scripts/golden/open_clip_pooling.py.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "naming/golden.h"
#include "nn/hashed_model.h"
#include "temp_folder.h"
#include "wsel/core/atomic_file.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::naming {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// The outputs of the golden image, flattened.
at::Tensor Encode(const pretrained::PretrainedCheckpoint& checkpoint) {
  const at::NoGradGuard no_grad;
  nn::Model model = nn::Build(RequireModel(checkpoint).config);
  EXPECT_TRUE(Load(model, *checkpoint.remapped.tensors).empty());
  return model.forward(model::HashedNormalTensor("input", {2, 3, 8, 8}))
      .flatten();
}

TEST(OpenClipPooling, IsThatOfTheConfigBesideTheFile) {
  const auto golden =
      ParseJson(ReadText((GoldenFolder() / "open_clip_pooling.json").string()),
                "open_clip_pooling.json", ErrorKind::kFormat);
  ASSERT_EQ(golden.at("cases").size(), 12U);
  for (const auto& one : golden.at("cases")) {
    const std::string config = one.at("config").dump();
    SCOPED_TRACE(config);
    const TempFolder folder;
    const std::string path = (folder / "open_clip_model.safetensors").string();
    std::filesystem::copy_file(
        GoldenFolder() / one.at("file").get<std::string>(), path);
    WriteTextFile(folder / "open_clip_config.json", config);
    const auto checkpoint = pretrained::Open(path);
    EXPECT_THAT(checkpoint.remapped.warnings, IsEmpty());
    EXPECT_TRUE(pretrained::MissingKeys(checkpoint).empty());
    const auto expected =
        at::tensor(one.at("outputs").get<std::vector<float>>());
    const at::Tensor outputs = Encode(checkpoint);
    ASSERT_EQ(outputs.sizes(), expected.sizes());
    const double error = (outputs - expected).abs().max().item<double>();
    EXPECT_LT(error / expected.abs().max().item<double>(), 1e-5);
  }
}

// Without the config a tower without a norm before the blocks is CLIPA's.
TEST(OpenClipPooling, IsSaidToBeAssumedWithoutAConfig) {
  const auto checkpoint = pretrained::Open(
      (GoldenFolder() / "open_clip_clipa.safetensors").string());
  EXPECT_THAT(checkpoint.remapped.warnings,
              Contains(HasSubstr("open_clip_config.json")));
  const auto& vit = std::get<model::VitConfig>(RequireModel(checkpoint).config);
  EXPECT_EQ(vit.pooling, model::Pooling::kAverage);
}

}  // namespace
}  // namespace wsel::naming
