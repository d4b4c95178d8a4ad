#include "antialiased_resize.h"

#include <algorithm>
#include <cmath>

namespace wsel::select {
namespace {

// The taps of one output position: input positions from `first` on, and their
// weights.
struct Taps {
  int64_t first = 0;
  std::vector<float> weights;
};

// Keys' cubic convolution with a = -0.5, as Pillow's. Each std::fma is where
// torch's compiler fuses a product and a sum.
float Bicubic(float x) {
  x = std::abs(x);
  if (x < 1) return std::fma(std::fma(1.5F, x, -2.5F) * x, x, 1.0F);
  if (x >= 2) return 0;
  return std::fma(std::fma(std::fma(-0.5F, x, 2.5F), x, -4.0F), x, 2.0F);
}

float Bilinear(float x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}

// Of output position `at`. Positions are float32 and offsets by a half float64,
// as torch's are.
Taps TapsOf(int64_t at, int64_t from, int64_t to, ResizeFilter filter) {
  const bool cubic = filter == ResizeFilter::kBicubic;
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  const float stretch = std::max(scale, 1.0F);
  const float support = (cubic ? 2.0F : 1.0F) * stretch;
  const double shrink = 1.0F / stretch;
  const auto center =
      static_cast<float>(double{scale} * (static_cast<double>(at) + 0.5));
  // Rounds half up, and what is negative towards 0.
  const auto pixel = [](float edge) {
    const double shifted = double{edge} + 0.5;
    return static_cast<int64_t>(shifted);
  };
  const auto begin = std::max<int64_t>(pixel(center - support), 0);
  const auto end = std::min(pixel(center + support), from);
  Taps taps{begin, {}};
  float total = 0;
  for (int64_t i = begin; i < end; ++i) {
    const double distance = double{static_cast<float>(i) - center} + 0.5;
    const auto x = static_cast<float>(distance * shrink);
    taps.weights.push_back(cubic ? Bicubic(x) : Bilinear(x));
    total += taps.weights.back();
  }
  for (float& weight : taps.weights) weight /= total;
  return taps;
}

// The weighted sum of pixels that are `stride` apart. torch's loop computes
// four products at a time and then adds them; the products that are left over
// are fused with their sums.
float WeightedSum(const float* pixel, int64_t stride,
                  std::span<const float> weights) {
  float sum = pixel[0] * weights[0];
  const auto count = static_cast<int64_t>(weights.size());
  const int64_t rounded = (count - 1) / 4 * 4;
  for (int64_t i = 1; i < count; ++i) {
    const float value = pixel[i * stride];
    const float weight = weights[static_cast<size_t>(i)];
    if (i <= rounded) {
      const float product = value * weight;
      sum += product;
    } else {
      sum = std::fma(value, weight, sum);
    }
  }
  return sum;
}

// [outer, from, inner] -> [outer, to, inner]
std::vector<float> ResizeDimension(std::span<const float> in, int64_t outer,
                                   int64_t inner, int64_t from, int64_t to,
                                   ResizeFilter filter) {
  std::vector<Taps> taps;
  for (int64_t i = 0; i < to; ++i) {
    taps.push_back(TapsOf(i, from, to, filter));
  }
  std::vector<float> out;
  out.reserve(static_cast<size_t>(outer * to * inner));
  for (int64_t block = 0; block < outer; ++block) {
    for (const Taps& tap : taps) {
      const float* pixels = in.data() + (block * from + tap.first) * inner;
      for (int64_t i = 0; i < inner; ++i) {
        out.push_back(WeightedSum(pixels + i, inner, tap.weights));
      }
    }
  }
  return out;
}

}  // namespace

std::vector<float> ResizeAntialiased(std::span<const float> images,
                                     int64_t outer, int64_t inner,
                                     const HeightWidth& from,
                                     const HeightWidth& to,
                                     ResizeFilter filter) {
  const auto wide = ResizeDimension(images, outer * from.height, inner,
                                    from.width, to.width, filter);
  return ResizeDimension(wide, outer, to.width * inner, from.height, to.height,
                         filter);
}

}  // namespace wsel::select
