// Models out of files of the real libraries compute what those libraries
// compute; both by scripts/golden/naming.py.

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "model/hashed_model.h"
#include "naming/golden.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/cli/weights.h"
#include "wsel/model/build.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::naming {
namespace {

// As a user would say what names do not tell: all goldens have two heads.
model::Config WithHeads(model::Config config) {
  if (auto* vit = std::get_if<model::VitConfig>(&config)) vit->num_heads = 2;
  return config;
}

TEST(Outputs, AreThoseOfTheLibraryThatWroteTheFile) {
  const auto wanted = checkpoint::Open(GoldenFolder() / "outputs.safetensors");
  const at::NoGradGuard no_grad;
  for (const Case& c : GoldenCases()) {
    SCOPED_TRACE(c.file);
    const cli::Weights weights = cli::OpenWeights(c.path.string());
    const model::Config config = WithHeads(cli::RequireModel(weights).config);
    model::Model model = model::Build(config);
    EXPECT_TRUE(Load(model, *weights.adapted.tensors).empty());
    const auto* vit = std::get_if<model::VitConfig>(&config);
    const int64_t size = vit == nullptr ? 32 : vit->img_size;
    const auto output =
        model.forward(model::HashedNormalTensor("input", {2, 3, size, size}));
    const auto golden = Borrow(wanted->View(c.file));
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
