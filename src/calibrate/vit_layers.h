#pragma once

#include <cstdint>
#include <string>

#include "block_inputs.h"
#include "stacked_layer.h"
#include "wsel/model/vit_config.h"

namespace wsel::calibrate {

// Where the layers of a ViT's blocks are, in timm's names.

inline std::string VitBlock(int64_t block) {
  return "blocks." + std::to_string(block);
}

inline bool IsParallel(const model::VitConfig& c) {
  return c.block == model::BlockForm::kParallel;
}

// q, k and v [3I, D], and what makes the hidden channels [H, D], of a SwiGLU
// [2H, D]; not of a parallel block.
StackedLayer QkvLayer(const model::VitConfig& c, int64_t block);
StackedLayer HiddenLayer(const model::VitConfig& c, int64_t block);
// The rows of HiddenLayer that make the hidden channels `kept`; of a SwiGLU
// those of the gate, then those of the value.
at::Tensor HiddenRows(const model::VitConfig& c, const at::Tensor& kept);
// Of a parallel block both, [H + 3I, D].
StackedLayer ParallelLayer(const model::VitConfig& c, int64_t block);

// The inputs of a layer that writes to the stream that are attention's output,
// and those that are the MLP's hidden channels.
WriterColumns AttentionColumns(const model::VitConfig& c, int64_t block);
WriterColumns HiddenColumns(const model::VitConfig& c, int64_t block);

// The layer scales of attention and MLP, whether the model has them or not; a
// parallel block has one for both.
std::string AttentionScale(const model::VitConfig& c, int64_t block);
std::string HiddenScale(const model::VitConfig& c, int64_t block);

// Where the parameters of the heads are: "blocks.0.attn.".
std::string HeadPrefix(const model::VitConfig& c, int64_t block);

}  // namespace wsel::calibrate
