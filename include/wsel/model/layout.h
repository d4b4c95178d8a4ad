// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// What the positions along a dimension stand for. Dimensions of equal role (and
// stage) are indexed alike by methods that keep consistency.
enum class Role {
  kFixed,      // kernels, image channels, single tokens: never selected from
  kWidth,      // the residual stream, one a stage
  kAttnInner,  // attention channels: heads x head dimension
  kMlpHidden,  // hidden channels of an MLP
  kClasses,
  kTokens,  // positions: prefix tokens, then the patch grid row by row
  kKernel,  // side of the patch embedding's kernel
};

struct Axis {
  Role role = Role::kFixed;
  int stage = 0;   // of the width; 0 in a ViT
  int groups = 1;  // equal parts that are indexed alike: 3 in a fused qkv

  bool operator==(const Axis&) const = default;
};

// The parts of a model that Table 10 of the paper takes out, and the rest.
enum class Component {
  kPatchEmbed,  // ViT's patch_embed, ConvNeXt's stem convolution
  kPosEmbed,
  kTokens,     // class, distillation and register tokens
  kAttention,  // qkv, proj
  kConv,       // ConvNeXt's depthwise convolution
  kNorm,       // every LayerNorm
  kMlp,
  kLayerScale,
  kDownsample,  // ConvNeXt's convolution between stages
  kHead,
};

std::string_view Name(Component component);  // "patch_embed", "attn", ...
const std::vector<Component>& AllComponents();

// One tensor of a model: what it is called, how large it is, and what its
// dimensions mean.
struct ModelTensor {
  TensorSpec spec;
  std::vector<Axis> axes;  // one a dimension
  Component component = Component::kHead;
  // The name with "{}" for the block's number: equal for the same tensor of
  // all blocks of a stage. Without a block it is the name.
  std::string key;
  int stage = -1;  // -1 outside of blocks
  int block = -1;  // within its stage
};

// All tensors of a model, named, shaped and ordered as in timm's state_dict.
std::vector<ModelTensor> Layout(const Config& config);

// Blocks of each stage: one number for a ViT, four for a ConvNeXt.
std::vector<int64_t> StageDepths(const Config& config);

int64_t ParameterCount(const Config& config);

// Floating point operations of one forward pass on one image: multiply-adds of
// convolutions, linear layers and attention's matrix products, times two, as
// torch.utils.flop_counter counts them with fused attention off. At most
// INT64_MAX, which stands for more.
int64_t Flops(const Config& config);

}  // namespace wsel::model
