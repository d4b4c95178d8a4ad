#include "wsel/train/micro_batch.h"

#include <algorithm>

namespace wsel::train {
namespace {

// float32 values that a block saves per token (or position) and channel: inputs
// of two norms, qkv, outputs of attention and projection, the MLP's hidden
// layer before and after its activation, sums.
constexpr int64_t kVitBlock = 17;
// Outputs of the depthwise convolution and the norm, hidden layer twice,
// output.
constexpr int64_t kConvNextBlock = 13;

int64_t Activations(const model::VitConfig& c) {
  const int64_t tokens = c.GridSize() * c.GridSize() + c.PrefixTokens();
  return c.depth * tokens * c.embed_dim * kVitBlock;
}

int64_t Activations(const model::ConvNextConfig& c) {
  int64_t sum = 0;
  int64_t side = std::max<int64_t>(c.img_size / c.patch_size, 1);
  for (size_t stage = 0; stage < 4; ++stage) {
    if (stage > 0 || c.patch_size == 2) side = std::max<int64_t>(side / 2, 1);
    sum += c.depths[stage] * side * side * c.dims[stage] * kConvNextBlock;
  }
  return sum;
}

}  // namespace

int64_t ActivationBytes(const model::Config& config) {
  return std::visit([](const auto& c) { return Activations(c); }, config) *
         static_cast<int64_t>(sizeof(float));
}

int64_t SolveMicroBatch(int64_t batch_size, int64_t mixup_batch,
                        int64_t bytes_per_image, int64_t bytes,
                        int64_t largest) {
  const int64_t fits =
      std::clamp<int64_t>(bytes / std::max<int64_t>(bytes_per_image, 1), 1,
                          std::max<int64_t>(largest, 1));
  for (int64_t size = std::min(fits, batch_size); size > 1; --size) {
    const bool divides = batch_size % size == 0;
    const bool aligned = mixup_batch % size == 0 || size % mixup_batch == 0;
    if (divides && aligned) return size;
  }
  return 1;
}

}  // namespace wsel::train
