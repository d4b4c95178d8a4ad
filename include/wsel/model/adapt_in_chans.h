// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wsel::model {

// Whether a first convolution for images of `from` channels can be adapted to
// any other number: that of RGB images.
inline bool CanAdaptInChans(int64_t from) { return from == 3; }

// Kernels [filters, 3, pixels] for images of `to` channels instead, [filters,
// to, pixels], row-major float32: for grey images the sum over the channels, so
// that a grey image has the response that it had as RGB; otherwise the channels
// repeated in order, times 3 / to. Source: timm's adapt_input_conv. `to` is at
// least 1 and not 3.
std::vector<float> AdaptInChans(std::span<const float> kernels, int64_t pixels,
                                int64_t to);

}  // namespace wsel::model
