// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "wsel/model/convnext_config.h"

namespace wsel::model {

// A ConvNeXt V2 (Woo et al. 2023) as timm's ConvNeXt builds it: a ConvNeXt
// without layer scale, and with global response normalisation (GRN) after the
// activation of each MLP.
struct ConvNextV2Config {
  std::string name;
  HeightWidth img_size = 224;  // as in ConvNextConfig
  int64_t patch_size = 4;
  std::array<int64_t, 4> dims = {96, 192, 384, 768};
  std::array<int64_t, 4> depths = {3, 3, 9, 3};
  int64_t num_classes = 1000;
  bool conv_mlp = false;
  double norm_eps = 1e-6;  // GRN's eps is always 1e-6
  int64_t in_chans = 3;    // as in VitConfig

  bool operator==(const ConvNextV2Config&) const = default;

  // The ConvNeXt that this is but for GRN.
  ConvNextConfig WithoutGrn() const {
    return {.name = name,
            .img_size = img_size,
            .patch_size = patch_size,
            .dims = dims,
            .depths = depths,
            .num_classes = num_classes,
            .conv_mlp = conv_mlp,
            .layer_scale = 0,
            .norm_eps = norm_eps,
            .in_chans = in_chans};
  }
};

}  // namespace wsel::model
