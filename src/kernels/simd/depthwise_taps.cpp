#include "vectors.h"

namespace wsel::kernels {
namespace {

constexpr int64_t kKernel = 7;

// sums[kx] += sum over x of gradient[x] * input[x + kx], for one row of the
// gradient and one of the padded input, with seven accumulators in registers.
// Of each vector only the part that the pointers start at.
void AddRow(const FloatPart* input, const FloatPart* gradient, int64_t width,
            FloatPart* sums) {
  FloatPart taps[kKernel];
  for (int64_t kx = 0; kx < kKernel; ++kx) taps[kx] = sums[kx * kParts];
  for (int64_t x = 0; x < width; ++x) {
    const FloatPart g = gradient[x * kParts];
    for (int64_t kx = 0; kx < kKernel; ++kx) {
      taps[kx] += g * input[(x + kx) * kParts];
    }
  }
  for (int64_t kx = 0; kx < kKernel; ++kx) sums[kx * kParts] = taps[kx];
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
