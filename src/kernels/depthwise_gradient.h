// Torch-free.
#pragma once

#include <cstdint>
#include <vector>

#include "simd/kernels.h"

namespace wsel::kernels {

// The gradient of a depthwise 7x7 convolution (stride 1, padding 3) with
// respect to its weight and bias. With oneDNN this gradient takes ten times as
// long as the rest of the convolution's backward pass, and a seventh of a
// ConvNeXt's training step.
//
// Channels are processed in blocks of kLanes. The sums of one image and block
// are kTaps for the weight and one for the bias, each of kLanes channels.
constexpr int64_t kKernel = 7;
constexpr int64_t kTaps = kKernel * kKernel;
constexpr int64_t kSums = (kTaps + 1) * kLanes;

struct DepthwiseImage {
  const float* input = nullptr;     // [height, width, channels]
  const float* gradient = nullptr;  // the output's, of the same shape
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
};

// Writes `sums` [kTaps + 1, kLanes] for the channels from `first` on; lanes
// beyond the last channel are zero. `scratch` is reused between calls.
void DepthwiseGradient(const DepthwiseImage& image, int64_t first, float* sums,
                       std::vector<float>& scratch,
                       const Kernels& kernels = ActiveKernels());

}  // namespace wsel::kernels
