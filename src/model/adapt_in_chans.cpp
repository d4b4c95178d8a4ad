#include "wsel/model/adapt_in_chans.h"

namespace wsel::model {

std::vector<float> AdaptInChans(std::span<const float> kernels, int64_t pixels,
                                int64_t to) {
  constexpr size_t kFrom = 3;
  const auto size = static_cast<size_t>(pixels);
  const auto channels = static_cast<size_t>(to);
  const auto scale = static_cast<float>(3 / static_cast<double>(to));
  const size_t filters = kernels.size() / (kFrom * size);
  std::vector<float> out(filters * channels * size);
  for (size_t filter = 0; filter < filters; ++filter) {
    const float* in = kernels.data() + filter * kFrom * size;
    float* adapted = out.data() + filter * channels * size;
    for (size_t i = 0; i < size; ++i) {
      if (channels == 1) {
        adapted[i] = in[i] + in[size + i] + in[2 * size + i];
        continue;
      }
      for (size_t c = 0; c < channels; ++c) {
        adapted[c * size + i] = in[c % kFrom * size + i] * scale;
      }
    }
  }
  return out;
}

}  // namespace wsel::model
