#include "select/embed_resample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "hashed_source.h"
#include "select/antialiased_resize.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

// "5x8", also of a square.
std::string Sides(const HeightWidth& size) {
  return std::to_string(size.height) + "x" + std::to_string(size.width);
}

// Goldens by scripts/golden/selection.py with timm and torch, on a CPU with
// AVX2: ours are equal to the last bit.
class Resampled : public testing::Test {
 protected:
  std::vector<float> Golden(const std::string& name) const {
    const Floats floats(file_->View(name));
    return {floats.values().begin(), floats.values().end()};
  }

 private:
  std::unique_ptr<checkpoint::Checkpoint> file_ = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/select/resampled.safetensors");
};

TEST_F(Resampled, PosEmbedEqualsTimmsToTheBit) {
  const auto check = [this](int64_t from, int64_t to, int64_t prefix) {
    const std::string name = "positions." + std::to_string(from) + "." +
                             std::to_string(to) + "." + std::to_string(prefix);
    PosEmbedResample resample;
    for (int64_t i = 0; i < prefix; ++i) resample.prefix.push_back(i);
    resample.teacher_prefix = prefix;
    resample.from_grid = from;
    resample.to_grid = to;
    EXPECT_EQ(
        ResamplePosEmbed(Hashed(name, (prefix + from * from) * 4), 4, resample),
        Golden(name))
        << name;
  };
  check(7, 5, 1);
  check(5, 7, 2);
  check(14, 16, 0);
  check(3, 3, 1);
  check(37, 16, 1);
  check(24, 14, 0);
}

TEST_F(Resampled, PosEmbedOfRectanglesEqualsTimmsToTheBit) {
  const auto check = [this](const HeightWidth& from, const HeightWidth& to,
                            int64_t prefix) {
    const std::string name = "positions." + Sides(from) + "." + Sides(to) +
                             "." + std::to_string(prefix);
    PosEmbedResample resample;
    for (int64_t i = 0; i < prefix; ++i) resample.prefix.push_back(i);
    resample.teacher_prefix = prefix;
    resample.from_grid = from;
    resample.to_grid = to;
    EXPECT_EQ(
        ResamplePosEmbed(Hashed(name, (prefix + from.Area()) * 4), 4, resample),
        Golden(name))
        << name;
  };
  check(7, {5, 8}, 1);
  check({12, 16}, 14, 1);
  check({3, 8}, {8, 3}, 0);
  check(14, {14, 10}, 5);
  check({24, 18}, {12, 18}, 0);
  check({6, 4}, {6, 4}, 2);
}

TEST_F(Resampled, MissingPositionsAreZeros) {
  const auto input = Hashed("x", int64_t{1 + 4} * 3);
  const auto out = ResamplePosEmbed(input, 3, {{-1, 0}, 1, 2, 2});
  ASSERT_EQ(out.size(), 6U * 3);
  EXPECT_EQ(std::vector<float>(out.begin(), out.begin() + 3),
            std::vector<float>(3));
  EXPECT_EQ(std::vector<float>(out.begin() + 3, out.end()), input);
}

TEST_F(Resampled, ABilinearKernelEqualsTorchsToTheBit) {
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
           {16, 14}, {16, 8}, {8, 16}, {4, 2}, {32, 7}}) {
    const std::string name =
        "kernel.picture." + std::to_string(from) + "." + std::to_string(to);
    EXPECT_EQ(ResamplePatchEmbed(Hashed(name, 6 * from * from), 6,
                                 {from, to, PatchResize::kBilinear}),
              Golden(name))
        << name;
  }
}

TEST_F(Resampled, PatchEmbedByPseudoInverseEqualsTimms) {
  for (const auto& [from, to] : std::vector<std::pair<int64_t, int64_t>>{
           {16, 14}, {16, 8}, {8, 16}, {4, 2}}) {
    for (const auto& [mode, method] :
         std::vector<std::pair<std::string, PatchResize>>{
             {"bicubic", PatchResize::kPinv},
             {"bilinear", PatchResize::kPinvBilinear}}) {
      const std::string name = "kernel." + mode + "." + std::to_string(from) +
                               "." + std::to_string(to);
      // timm's pseudo-inverse has rounding errors of about 1e-6.
      EXPECT_THAT(ResamplePatchEmbed(Hashed(name, 6 * from * from), 6,
                                     {from, to, method}),
                  testing::Pointwise(testing::FloatNear(2e-5F), Golden(name)))
          << name;
    }
  }
}

// Each patch of the old size, resized, has the output of the old kernel.
TEST_F(Resampled, AnEnlargedPatchHasTheOldOutput) {
  constexpr int64_t kFrom = 4;
  constexpr int64_t kTo = 7;
  const auto patch = Hashed("patch", kFrom * kFrom);
  const auto kernel = Hashed("kernel", kFrom * kFrom);
  const auto large =
      ResizeAntialiased(patch, 1, 1, kFrom, kTo, ResizeFilter::kBicubic);
  const auto resampled =
      ResamplePatchEmbed(kernel, 1, {kFrom, kTo, PatchResize::kPinv});
  const auto output = [](const std::vector<float>& a,
                         const std::vector<float>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  EXPECT_NEAR(output(large, resampled), output(patch, kernel), 1e-5);
}

}  // namespace
}  // namespace wsel::select
