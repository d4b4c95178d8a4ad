#include "vectors.h"

namespace wsel::kernels {
namespace {

constexpr int64_t kKernel = 7;

// sums[kx] += sum over x of gradient[x] * input[x + kx], for one row of the
// gradient and one of the padded input, with seven accumulators in registers.
// Of each vector only the part that the pointers start at.
void AddRow(const FloatPart* input, const FloatPart* gradient, int64_t width,
            FloatPart* sums) {
  constexpr int64_t kNext = kParts;
  FloatPart s0 = sums[0 * kNext], s1 = sums[1 * kNext], s2 = sums[2 * kNext],
            s3 = sums[3 * kNext], s4 = sums[4 * kNext], s5 = sums[5 * kNext],
            s6 = sums[6 * kNext];
  for (int64_t x = 0; x < width; ++x) {
    const FloatPart g = gradient[x * kNext];
    const FloatPart* from = input + x * kNext;
    s0 += g * from[0 * kNext];
    s1 += g * from[1 * kNext];
    s2 += g * from[2 * kNext];
    s3 += g * from[3 * kNext];
    s4 += g * from[4 * kNext];
    s5 += g * from[5 * kNext];
    s6 += g * from[6 * kNext];
  }
  sums[0 * kNext] = s0, sums[1 * kNext] = s1, sums[2 * kNext] = s2;
  sums[3 * kNext] = s3, sums[4 * kNext] = s4, sums[5 * kNext] = s5;
  sums[6 * kNext] = s6;
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
      for (int64_t part = 0; part < kParts; ++part) {
        AddRow(&Part(input[from * (width + kKernel - 1)], part),
               &Part(*row, part), width, &Part(sums[ky * kKernel], part));
      }
    }
    for (int64_t x = 0; x < width; ++x) sums[kKernel * kKernel] += row[x];
  }
}

}  // namespace wsel::kernels
