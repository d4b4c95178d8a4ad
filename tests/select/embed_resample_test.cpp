#include "select/embed_resample.h"

#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include "hashed_source.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

// Goldens by scripts/golden/selection.py with timm and torch.
class Resampled : public testing::Test {
 protected:
  static at::Tensor Input(const std::string& name, const Shape& shape) {
    auto values = Hashed(name, *Numel(shape));
    return at::from_blob(values.data(), shape).clone();
  }
  void ExpectGolden(const at::Tensor& ours, const std::string& name,
                    double tolerance) const {
    const at::Tensor golden = Borrow(file_->View(name));
    ASSERT_EQ(ours.sizes(), golden.sizes()) << name;
    EXPECT_LE((ours - golden).abs().max().item<double>(), tolerance) << name;
  }

 private:
  std::unique_ptr<checkpoint::Checkpoint> file_ = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/select/resampled.safetensors");
};

TEST_F(Resampled, PosEmbedEqualsTimms) {
  const auto check = [this](int64_t from, int64_t to, int64_t prefix) {
    const std::string name = "positions." + std::to_string(from) + "." +
                             std::to_string(to) + "." + std::to_string(prefix);
    PosEmbedResample resample;
    for (int64_t i = 0; i < prefix; ++i) resample.prefix.push_back(i);
    resample.teacher_prefix = prefix;
    resample.from_grid = from;
    resample.to_grid = to;
    ExpectGolden(
        ResamplePosEmbed(Input(name, {1, prefix + from * from, 4}), resample),
        name, 1e-6);
  };
  check(7, 5, 1);
  check(5, 7, 2);
  check(14, 16, 0);
  check(3, 3, 1);
}

TEST_F(Resampled, MissingPositionsAreZeros) {
  const at::Tensor input = Input("x", {1, 1 + 4, 3});
  const at::Tensor out = ResamplePosEmbed(input, {{-1, 0}, 1, 2, 2});
  ASSERT_EQ(out.size(1), 6);
  EXPECT_EQ(out[0][0].abs().max().item<float>(), 0);
  EXPECT_TRUE(out.narrow(1, 1, 5).equal(input));
}

TEST_F(Resampled, PatchEmbedEqualsTimms) {
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
           {16, 14}, {16, 8}, {8, 16}, {4, 2}}) {
    const auto check = [&, from = from, to = to](const std::string& mode,
                                                 PatchResize method) {
      const std::string name = "kernel." + mode + "." + std::to_string(from) +
                               "." + std::to_string(to);
      // The pseudo-inverse has rounding errors of about 1e-6.
      ExpectGolden(ResamplePatchEmbed(Input(name, {2, 3, from, from}),
                                      {from, to, method}),
                   name, 2e-5);
    };
    check("bicubic", PatchResize::kPinv);
    check("bilinear", PatchResize::kPinvBilinear);
    check("picture", PatchResize::kBilinear);
  }
}

}  // namespace
}  // namespace wsel::select
