// Models loaded from files of other libraries have those libraries' outputs.
// Goldens by scripts/golden/naming.py.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "naming/golden.h"
#include "nn/hashed_model.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::naming {
namespace {

// Names do not determine the number of heads; all goldens have two.
model::Config WithHeads(model::Config config) {
  if (auto* vit = std::get_if<model::VitConfig>(&config)) vit->num_heads = 2;
  return config;
}

TEST(Outputs, MatchTheLibraryThatWroteTheFile) {
  const auto expected =
      checkpoint::Open(GoldenFolder() / "outputs.safetensors");
  const at::NoGradGuard no_grad;
  for (const Case& c : GoldenCases()) {
    SCOPED_TRACE(c.file);
    const pretrained::PretrainedCheckpoint checkpoint =
        pretrained::Open(c.path.string());
    const model::Config config = WithHeads(RequireModel(checkpoint).config);
    nn::Model model = nn::Build(config);
    EXPECT_TRUE(Load(model, *checkpoint.remapped.tensors).empty());
    const auto* vit = std::get_if<model::VitConfig>(&config);
    const HeightWidth size = vit == nullptr ? HeightWidth(32) : vit->img_size;
    const auto output = model.forward(
        model::HashedNormalTensor("input", {2, 3, size.height, size.width}));
    const auto golden = Borrow(expected->View(c.file));
    ASSERT_EQ(output.sizes(), golden.sizes());
    const double error = (output - golden).abs().max().item<double>();
    EXPECT_LT(error / golden.abs().max().item<double>(), 1e-5);
    if (c.activation.empty()) continue;
    EXPECT_EQ(vit->activation == model::Activation::kQuickGelu,
              c.activation == "quick_gelu");
  }
}

}  // namespace
}  // namespace wsel::naming
