// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace wsel::model {

// A ConvNeXt (Liu et al. 2022) as timm's ConvNeXt builds it.
struct ConvNextConfig {
  std::string name;
  int64_t img_size = 224;  // only for FLOPs; the weights fit any size
  int64_t patch_size = 4;  // 1 to 4; if 2, stage 0 downsamples, as in timm
  std::array<int64_t, 4> dims = {96, 192, 384, 768};
  std::array<int64_t, 4> depths = {3, 3, 9, 3};
  int64_t num_classes = 1000;    // 0: no head
  bool conv_mlp = false;         // fc1, fc2 as 1x1 convolutions [4D, D, 1, 1]
  bool head_norm_first = false;  // `norm_pre` before pooling (the *_hnf)
  double layer_scale = 1e-6;     // initial value; 0: no layer scale
  double head_init_scale = 1;
  double norm_eps = 1e-6;

  bool operator==(const ConvNextConfig&) const = default;
};

}  // namespace wsel::model
