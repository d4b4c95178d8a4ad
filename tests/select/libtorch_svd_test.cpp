#include "wsel/select/libtorch_svd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "hashed_source.h"
#include "select/embed_resample.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

// Goldens by scripts/golden/selection.py with timm and torch.
TEST(LibTorchSvd, PatchEmbedByPseudoInverseEqualsTimms) {
  const auto file = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/select/resampled.safetensors");
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
           {16, 14}, {16, 8}, {8, 16}, {4, 2}}) {
    const auto check = [&, from = from, to = to](const std::string& mode,
                                                 PatchResize method) {
      const std::string name = "kernel." + mode + "." + std::to_string(from) +
                               "." + std::to_string(to);
      const auto ours = ResamplePatchEmbed(Hashed(name, 6 * from * from), 6,
                                           {from, to, method}, &LibTorchSvd());
      const Floats golden(file->View(name));
      // The pseudo-inverse has rounding errors of about 1e-6.
      EXPECT_THAT(
          ours, testing::Pointwise(testing::FloatNear(2e-5F), golden.values()))
          << name;
    };
    check("bicubic", PatchResize::kPinv);
    check("bilinear", PatchResize::kPinvBilinear);
  }
}

TEST(LibTorchSvd, DrawsMimeticWeights) {
  model::Init init;
  init.kind = model::InitKind::kMimeticProj;
  const TensorSpec spec = {"blocks.0.attn.proj.weight", {8, 8}};
  const auto values = LibTorchSvd().draw(init, spec, 1);
  ASSERT_EQ(values.size(), 64U);
  EXPECT_EQ(values, LibTorchSvd().draw(init, spec, 1));
  EXPECT_NE(values, LibTorchSvd().draw(init, spec, 2));
}

}  // namespace
}  // namespace wsel::select
