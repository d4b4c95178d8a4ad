// The kernels of every instruction set that this processor has, against sums in
// float64.

#include "kernels/depthwise_gradient.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wsel::kernels {
namespace {

constexpr int64_t kHeight = 9;
constexpr int64_t kWidth = 11;
constexpr int64_t kChannels = 21;  // a whole block and a part of one

std::vector<float> Wave(double frequency) {
  std::vector<float> wave(kHeight * kWidth * kChannels);
  for (size_t i = 0; i < wave.size(); ++i) {
    wave[i] = static_cast<float>(
        std::sin(frequency * static_cast<double>(i * i % 9973)));
  }
  return wave;
}

double At(const std::vector<float>& map, int64_t y, int64_t x, int64_t c) {
  if (y < 0 || y >= kHeight || x < 0 || x >= kWidth) return 0;
  return map[static_cast<size_t>((y * kWidth + x) * kChannels + c)];
}

// The gradient of one weight, or of the bias for tap kTaps.
double Exact(const std::vector<float>& input, const std::vector<float>& output,
             int64_t tap, int64_t c) {
  double sum = 0;
  for (int64_t y = 0; y < kHeight; ++y) {
    for (int64_t x = 0; x < kWidth; ++x) {
      sum += At(output, y, x, c) *
             (tap == kTaps ? 1
                           : At(input, y + tap / kKernel - kKernel / 2,
                                x + tap % kKernel - kKernel / 2, c));
    }
  }
  return sum;
}

TEST(DepthwiseGradient, MatchesSumsUnderEveryInstructionSet) {
  const auto input = Wave(0.7);
  const auto gradient = Wave(1.3);
  const DepthwiseImage image = {input.data(), gradient.data(), kHeight, kWidth,
                                kChannels};
  for (const InstructionSet set : SupportedInstructionSets()) {
    SCOPED_TRACE(NameOf(set));
    std::vector<float> scratch;
    std::vector<float> sums(kSums);
    for (int64_t first = 0; first < kChannels; first += kLanes) {
      DepthwiseGradient(image, first, sums.data(), scratch, KernelsFor(set));
      for (int64_t i = 0; i < kSums; ++i) {
        const int64_t c = first + i % kLanes;
        const double exact =
            c < kChannels ? Exact(input, gradient, i / kLanes, c) : 0;
        EXPECT_NEAR(sums[static_cast<size_t>(i)], exact, 1e-5) << i;
      }
    }
  }
}

}  // namespace
}  // namespace wsel::kernels
