// The kernels of every instruction set that this processor has.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "kernels/simd/kernels.h"

namespace wsel::kernels {
namespace {

// Values from -100 to 100, denser near 0, and special cases.
std::vector<float> Hidden() {
  std::vector<float> hidden = {0, -0.0F, 1e-30F, -1e-30F, 3e38F, -3e38F};
  for (int i = -5000; i <= 5000; ++i) {
    const double x = i / 5000.0;
    hidden.push_back(static_cast<float>(100 * x * x * x));
  }
  return hidden;
}

class EveryGelu : public testing::TestWithParam<InstructionSet> {
 protected:
  const Kernels& kernels() const { return KernelsFor(GetParam()); }
};

// For every number of elements beyond whole SIMD vectors.
TEST_P(EveryGelu, MatchesTheErrorFunction) {
  const std::vector<float> hidden = Hidden();
  for (size_t fewer = 0; fewer < 16; ++fewer) {
    const size_t count = hidden.size() - fewer;
    std::vector<float> activation(count + 1, 7);
    std::vector<float> gradient(count + 1, 2);
    kernels().gelu_and_gradient(hidden.data(), static_cast<int64_t>(count),
                                activation.data(), gradient.data());
    for (size_t i = 0; i < count; ++i) {
      const double x = hidden[i];
      const double cdf = 0.5 * std::erfc(-x / std::numbers::sqrt2);
      const double density =
          std::exp(-x * x / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
      ASSERT_NEAR(activation[i], x * cdf, 1.5e-7 * (1 + std::abs(x))) << x;
      ASSERT_NEAR(gradient[i], 2 * (cdf + x * density), 1e-6) << x;
    }
    EXPECT_EQ(activation[count], 7);
    EXPECT_EQ(gradient[count], 2);
  }
}

TEST_P(EveryGelu, PropagatesNan) {
  const std::vector<float> hidden = {NAN, 1, NAN};
  std::vector<float> activation(3);
  std::vector<float> gradient(3, 1);
  kernels().gelu_and_gradient(hidden.data(), 3, activation.data(),
                              gradient.data());
  EXPECT_TRUE(std::isnan(activation[0]) && std::isnan(gradient[2]));
  EXPECT_TRUE(std::isfinite(activation[1]) && std::isfinite(gradient[1]));
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, EveryGelu,
                         testing::ValuesIn(SupportedInstructionSets().begin(),
                                           SupportedInstructionSets().end()),
                         [](const auto& set) {
                           return std::string(NameOf(set.param));
                         });

}  // namespace
}  // namespace wsel::kernels
