// Torch-free.
#pragma once

#include "wsel/model/config.h"

namespace wsel::onnx {

// As scripts/golden/models.py has them.
inline model::VitConfig SmallVit() {
  return {.name = "small_vit",
          .img_size = 32,
          .patch_size = 8,
          .embed_dim = 24,
          .depth = 2,
          .num_heads = 3,
          .num_classes = 5};
}

inline model::ConvNextConfig SmallConvNext() {
  return {.name = "small_convnext",
          .img_size = 64,
          .dims = {8, 12, 16, 20},
          .depths = {1, 2, 2, 1},
          .num_classes = 5};
}

inline model::ConvNextV2Config SmallConvNextV2() {
  return {.name = "small_convnextv2",
          .img_size = 64,
          .dims = {8, 12, 16, 20},
          .depths = {1, 2, 2, 1},
          .num_classes = 5};
}

}  // namespace wsel::onnx
