// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wsel/model/convnext_config.h"
#include "wsel/model/convnextv2_config.h"
#include "wsel/model/vit_config.h"

namespace wsel::model {

// A model of any architecture. Every alternative has the fields name, img_size,
// patch_size, in_chans, num_classes and norm_eps; src/model/architecture.h has
// a descriptor of each.
using Config = std::variant<VitConfig, ConvNextConfig, ConvNextV2Config>;

// "ViT", "ConvNeXt" or "ConvNeXt V2"
std::string_view ArchitectureName(const Config& config);
// Whether weights of one can be selected for the other: the same architecture,
// or a ConvNeXt and a ConvNeXt V2, which differ in GRN and layer scale.
bool AreKin(const Config& a, const Config& b);
inline const std::string& NameOf(const Config& config) {
  return std::visit([](const auto& c) -> const std::string& { return c.name; },
                    config);
}
// In pixels.
inline HeightWidth ImageSize(const Config& config) {
  return std::visit([](const auto& c) { return c.img_size; }, config);
}
inline int64_t PatchSize(const Config& config) {
  return std::visit([](const auto& c) { return c.patch_size; }, config);
}
// Channels of the images: 3 for RGB, 1 for grey.
inline int64_t InChans(const Config& config) {
  return std::visit([](const auto& c) { return c.in_chans; }, config);
}
inline int64_t NumClasses(const Config& config) {
  return std::visit([](const auto& c) { return c.num_classes; }, config);
}
// Channels of the final features (timm's num_features).
int64_t NumFeatures(const Config& config);
// Attention heads; 0 for a model without attention.
int64_t NumHeads(const Config& config);
// Whether each patch has a learnt position, which another grid resamples.
bool HasPosEmbed(const Config& config);
// Nothing for a model that has one way of pooling.
std::optional<Pooling> PoolingOf(const Config& config);
// Whether attention must keep its heads and the order of their channels.
bool NeedsHeads(const Config& config);
// Whether each block has q, k and v as one layer of its own, attn.qkv.
bool HasFusedQkv(const Config& config);
// Whether a student's attention heads must have as many channels.
bool FixesHeadDim(const Config& config);
// Whether attention and pooling of this form can have a width that so many
// heads, at least one, divide.
bool CanHaveHeads(const Config& config, int64_t width, int64_t heads);
// Whether the hidden channels of the MLPs of two kin are of one kind: plain,
// SwiGLU or packed SwiGLU in both.
bool HaveSameMlp(const Config& a, const Config& b);
// Blocks per stage: one stage for a ViT, four for a ConvNeXt.
std::vector<int64_t> StageDepths(const Config& config);
// One line for people: "ViT: width 192, depth 12, 3 heads, ...".
std::string Describe(const Config& config);

inline void SetNumClasses(Config& config, int64_t num_classes) {
  std::visit([&](auto& c) { c.num_classes = num_classes; }, config);
}

// The fields that are set without knowing the architecture. They refer to the
// config; null if the architecture does not have the field.
struct ConfigFields {
  std::string& name;
  HeightWidth& img_size;
  int64_t& patch_size;
  int64_t& in_chans;
  double& norm_eps;
  std::span<int64_t> depths;  // one per stage
  std::span<int64_t> widths;  // one per stage
  int64_t* num_heads;
  Activation* activation;  // null: exact GELU
  bool* conv_mlp;          // null: the MLP's weights are matrices
};
ConfigFields FieldsOf(Config& config);

// The tokens of a model that has any; all empty in a ConvNeXt.
struct Tokens {
  int64_t prefix = 0;  // class, distillation and register tokens
  // The rows of pos_embed: those of prefix tokens, by name, in the order of the
  // sequence, then the patches row by row.
  std::vector<std::string> positioned_prefix;
  HeightWidth grid = 0;  // of patches
};
Tokens TokensOf(const Config& config);

// What this config adds to the forward pass of its architecture's usual form,
// as in "the teacher has ...": "a norm before the blocks", "QuickGELU".
std::vector<std::string_view> ForwardExtras(const Config& config);

// What of a config changes the forward pass but no tensor name or shape is
// LayerNorm's eps and the activation: "LayerNorm eps 1e-06, GELU".
std::string DescribeForward(const Config& config);

// Their differences, one clause each, such as "LayerNorm eps 1e-05, not 1e-06",
// for weights of `source` in a model of `target`; none for models that are not
// kin.
std::vector<std::string> ForwardDifferences(const Config& source,
                                            const Config& target);

// Checks that a model can be built: sizes are positive and below 2^20, a stage
// has at most 1024 blocks, patch_size divides both sides of img_size, num_heads
// divides embed_dim, token pooling has a class token, and a distillation token
// occurs only as in timm's DeiT (beside a class token with a position, without
// registers). The ParameterCount of a valid config fits int64_t.
// Errors: kConfig, naming `where` and the field.
void Validate(const Config& config, std::string_view where);

}  // namespace wsel::model
