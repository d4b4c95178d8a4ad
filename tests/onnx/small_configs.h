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

// With an overlapping stem, SimpleNorm and SiLU.
inline model::ConvNextConfig OverlappingConvNext() {
  auto config = SmallConvNext();
  config.name = "overlapping_convnext";
  config.stem_type = model::ConvNextStem::kOverlapAct;
  config.norm_layer = model::ConvNextNorm::kSimpleNorm;
  config.activation = model::Activation::kSilu;
  return config;
}

// With RMSNorm, GELU by tanh, other kernels and a hidden layer in the head.
inline model::ConvNextConfig RmsConvNext() {
  auto config = SmallConvNext();
  config.name = "rms_convnext";
  config.norm_layer = model::ConvNextNorm::kRmsNorm;
  config.activation = model::Activation::kGeluTanh;
  config.kernel_sizes = {7, 5, 5, 3};
  config.head_hidden_size = 14;
  return config;
}

inline model::ConvNextV2Config SmallConvNextV2() {
  return {.name = "small_convnextv2",
          .img_size = 64,
          .dims = {8, 12, 16, 20},
          .depths = {1, 2, 2, 1},
          .num_classes = 5};
}

}  // namespace wsel::onnx
