#include "wsel/model/adapt_in_chans.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hashed_source.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/tensor/floats.h"

namespace wsel::model {
namespace {

// Goldens by scripts/golden/in_chans.py.
TEST(AdaptInChans, EqualsTimmsAdaptInputConvToTheBit) {
  const auto golden = checkpoint::Open(
      WSEL_SOURCE_DIR "/tests/golden/model/in_chans.safetensors");
  for (const int64_t to : {1, 2, 4, 5, 6, 7, 13}) {
    const std::string name = "kernels." + std::to_string(to);
    constexpr int64_t kPixels = 20;
    const Floats expected(golden->View(name));
    EXPECT_EQ(
        AdaptInChans(Hashed(name, 9 * kPixels), kPixels, to),
        std::vector<float>(expected.values().begin(), expected.values().end()))
        << name;
  }
}

TEST(AdaptInChans, OnlyOfRgb) {
  EXPECT_TRUE(CanAdaptInChans(3));
  EXPECT_FALSE(CanAdaptInChans(1));
  EXPECT_FALSE(CanAdaptInChans(4));
}

}  // namespace
}  // namespace wsel::model
