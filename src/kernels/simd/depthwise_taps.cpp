#include "kernels.h"

namespace wsel::kernels {
namespace {

constexpr int64_t kKernel = 7;

// sums[kx] += sum over x of gradient[x] * input[x + kx], for one row of the
// gradient and one of the padded input, with seven accumulators in registers.
void AddRow(const FloatVec* input, const FloatVec* gradient, int64_t width,
            FloatVec* sums) {
  FloatVec s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3], s4 = sums[4],
           s5 = sums[5], s6 = sums[6];
  for (int64_t x = 0; x < width; ++x) {
    const FloatVec g = gradient[x];
    s0 += g * input[x];
    s1 += g * input[x + 1];
    s2 += g * input[x + 2];
    s3 += g * input[x + 3];
    s4 += g * input[x + 4];
    s5 += g * input[x + 5];
    s6 += g * input[x + 6];
  }
  sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3, sums[4] = s4,
  sums[5] = s5, sums[6] = s6;
}

}  // namespace

template <>
void AddTaps<WSEL_INSTRUCTION_SET>(const FloatVec* input,
                                   const FloatVec* gradient, int64_t height,
                                   int64_t width, FloatVec* sums) {
  constexpr int64_t kPadding = kKernel / 2;
  for (int64_t y = 0; y < height; ++y) {
    const FloatVec* row = gradient + y * width;
    for (int64_t ky = 0; ky < kKernel; ++ky) {
      const int64_t from = y + ky - kPadding;
      if (from < 0 || from >= height) continue;
      AddRow(input + from * (width + kKernel - 1), row, width,
             sums + ky * kKernel);
    }
    for (int64_t x = 0; x < width; ++x) sums[kKernel * kKernel] += row[x];
  }
}

}  // namespace wsel::kernels
