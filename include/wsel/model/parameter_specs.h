// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/model/config.h"
#include "wsel/tensor/spec.h"

namespace wsel::model {

// What the positions along a dimension stand for. Selection rules that keep
// consistency choose the same indices for all dimensions of a role (and stage).
enum class Role {
  kFixed,       // kernels, single tokens: never selected from
  kWidth,       // the residual stream, one per stage
  kAttnInner,   // attention channels: num_heads x head_dim
  kMlpHidden,   // hidden channels of an MLP
  kStemHidden,  // between the convolutions of a ConvNeXt's overlapping stem
  kHeadHidden,  // of the layer before the classifier
  kClasses,
  kTokens,         // positions: prefix tokens, then the patch grid row by row
  kKernel,         // height or width of the patch embedding's kernel
  kHeadChannel,    // channels of one attention head, the same for all
  kPoolInner,      // attention channels of attention pooling
  kPoolHidden,     // hidden channels of its MLP
  kMlpAndQkv,      // kMlpHidden, then kAttnInner of q, k and v
  kAttnAndMlp,     // kAttnInner, then kMlpHidden
  kBlocks,         // blocks, of a tensor of all
  kHeads,          // attention heads
  kHeadPairs,      // pairs of a head's channels, each rotated as one
  kImageChannels,  // in_chans: adapted, never selected from
};

// One dimension of a parameter.
struct Axis {
  Role role = Role::kFixed;
  int stage = 0;   // 0 in a ViT
  int groups = 1;  // equal parts that share their indices: 3 in a fused qkv

  bool operator==(const Axis&) const = default;
};

// The parts of a model that Table 10 of the paper ablates, and the rest.
enum class Component {
  kPatchEmbed,  // ViT's patch_embed, ConvNeXt's stem convolution
  kPosEmbed,    // absolute positions, learnt frequencies of rotary ones
  kTokens,      // class, distillation and register tokens
  kAttention,   // qkv, proj
  kConv,        // ConvNeXt's depthwise convolution
  kNorm,        // every norm
  kMlp,
  kLayerScale,
  kAttnPool,    // attention pooling, its norm and MLP included
  kDownsample,  // ConvNeXt's convolution between stages
  kHead,
  kPreLogits,  // the hidden layer before the classifier
};

std::string_view Name(Component component);  // "patch_embed", "attn", ...

// One parameter of a model: its name, shape and the roles of its dimensions.
struct ParameterSpec {
  TensorSpec spec;
  std::vector<Axis> axes;  // one per dimension
  Component component = Component::kHead;
  // The name with "{}" for the block number, shared by all blocks of a stage;
  // outside of blocks the name itself.
  std::string key;
  int stage = -1;  // -1 outside of blocks
  int block = -1;  // within its stage
};

// All parameters of a model, named, shaped and ordered as in timm's state_dict.
std::vector<ParameterSpec> ParameterSpecs(const Config& config);

// The names of all blocks, in order: "blocks.0" in a ViT, "stages.2.blocks.0"
// in a ConvNeXt.
std::vector<std::string> BlockPrefixes(const Config& config);

int64_t ParameterCount(const Config& config);

// Floating-point operations of a forward pass of one image: twice the
// multiply-adds of convolutions, linear layers and attention's matrix products,
// as counted by torch.utils.flop_counter with fused attention off. Saturates at
// INT64_MAX.
int64_t Flops(const Config& config);

// Approximate bytes of one image's activations in a float32 training step: what
// is saved for the backward pass, by the shapes of the blocks.
int64_t ActivationBytes(const Config& config);

}  // namespace wsel::model
