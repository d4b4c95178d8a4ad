// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "wsel/model/vit_config.h"

namespace wsel::model {

// timm's stem_type: what comes before the first stage.
enum class ConvNextStem {
  kPatch,          // one convolution of patch_size, without overlap
  kOverlap,        // two 3 x 3 convolutions of stride 2 (convnext_nano_ols)
  kOverlapTiered,  // the same, the first with about half of the channels
  kOverlapAct,     // as kOverlap, with the activation between them
};

// timm's norm_layer. Those but LayerNorm have no bias and equal tensors.
enum class ConvNextNorm {
  kLayerNorm,
  kRmsNorm,     // divided by the root mean square (convnext_atto_rms)
  kSimpleNorm,  // divided by the standard deviation (convnext_zepto_rms)
};

// A ConvNeXt (Liu et al. 2022) as timm's ConvNeXt builds it.
struct ConvNextConfig {
  std::string name;
  HeightWidth img_size = 224;  // only for FLOPs; the weights fit any size
  int64_t patch_size = 4;      // 1 to 4; if 2, stage 0 downsamples, as in timm
  std::array<int64_t, 4> dims = {96, 192, 384, 768};
  std::array<int64_t, 4> depths = {3, 3, 9, 3};
  int64_t num_classes = 1000;    // 0: no classifier
  bool conv_mlp = false;         // fc1, fc2 as 1x1 convolutions [4D, D, 1, 1]
  bool head_norm_first = false;  // `norm_pre` before pooling (the *_hnf)
  double layer_scale = 1e-6;     // initial value; 0: no layer scale
  double head_init_scale = 1;
  double norm_eps = 1e-6;
  ConvNextStem stem_type = ConvNextStem::kPatch;  // others: patch_size 4
  ConvNextNorm norm_layer = ConvNextNorm::kLayerNorm;
  Activation activation = Activation::kGelu;
  // Of the depthwise convolutions, odd, one per stage.
  std::array<int64_t, 4> kernel_sizes = {7, 7, 7, 7};
  // Channels of `head.pre_logits`, a hidden layer with GELU before the
  // classifier (convnext_large_mlp); 0: none.
  int64_t head_hidden_size = 0;
  int64_t in_chans = 3;  // as in VitConfig

  bool operator==(const ConvNextConfig&) const = default;

  bool HasOverlappingStem() const { return stem_type != ConvNextStem::kPatch; }
  // Layers of the stem in timm, which numbers an activation, too. The second
  // convolution is that of an overlapping stem.
  std::string SecondStemConv() const {
    return stem_type == ConvNextStem::kOverlapAct ? "stem.2" : "stem.1";
  }
  std::string StemNorm() const {
    if (!HasOverlappingStem()) return "stem.1";
    return stem_type == ConvNextStem::kOverlapAct ? "stem.3" : "stem.2";
  }
  // Channels between the convolutions of an overlapping stem: timm's
  // make_divisible(dims[0] // 2) if it is tiered.
  int64_t StemHidden() const {
    if (stem_type != ConvNextStem::kOverlapTiered) return dims[0];
    constexpr int64_t kDivisor = 8;
    const int64_t half = dims[0] / 2;
    const int64_t near = (half + kDivisor / 2) / kDivisor * kDivisor;
    const int64_t hidden = near > kDivisor ? near : kDivisor;
    return 10 * hidden < 9 * half ? hidden + kDivisor : hidden;
  }
};

}  // namespace wsel::model
