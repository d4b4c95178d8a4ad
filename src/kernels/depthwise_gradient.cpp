#include "depthwise_gradient.h"

#include <algorithm>
#include <cstring>

namespace wsel::kernels {
namespace {

// Copies one block of channels, [height, width, kLanes], with `margin` columns
// of zeros on either side, so that the inner loop needs no border checks.
void Pack(const float* image, const DepthwiseImage& shape, int64_t first,
          int64_t margin, float* out) {
  const int64_t lanes = std::min(kLanes, shape.channels - first);
  const auto bytes = static_cast<size_t>(lanes) * sizeof(float);
  for (int64_t y = 0; y < shape.height; ++y) {
    out = std::fill_n(out, margin * kLanes, 0.0F);
    for (int64_t x = 0; x < shape.width; ++x, out += kLanes) {
      const int64_t pixel = y * shape.width + x;
      std::memcpy(out, image + pixel * shape.channels + first, bytes);
      std::fill(out + lanes, out + kLanes, 0.0F);
    }
    out = std::fill_n(out, margin * kLanes, 0.0F);
  }
}

}  // namespace

void DepthwiseGradient(const DepthwiseImage& image, int64_t first, float* sums,
                       std::vector<float>& scratch, const Kernels& kernels) {
  const int64_t gradient_size = image.height * image.width * kLanes;
  const int64_t input_size =
      image.height * (image.width + kKernel - 1) * kLanes;
  scratch.resize(static_cast<size_t>(gradient_size + input_size));
  float* input = scratch.data();
  float* gradient = input + input_size;
  Pack(image.input, image, first, kKernel / 2, input);
  Pack(image.gradient, image, first, 0, gradient);
  std::fill_n(sums, kSums, 0.0F);
  kernels.add_taps(reinterpret_cast<const FloatVec*>(input),
                   reinterpret_cast<const FloatVec*>(gradient), image.height,
                   image.width, reinterpret_cast<FloatVec*>(sums));
}

}  // namespace wsel::kernels
