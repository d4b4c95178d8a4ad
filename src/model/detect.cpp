#include "wsel/model/detect.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "detect_family.h"
#include "wsel/core/error.h"

namespace wsel::model {
namespace {

// Parts of tensor names that show an unsupported architecture.
struct Unsupported {
  std::string_view part;
  std::string_view feature;
};

constexpr std::array<Unsupported, 20> kUnsupported = {{
    {".mlp.w12.", "SwiGLU"},
    {".mlp.w1.", "SwiGLU"},
    {".mlp.fc1_g.", "SwiGLU"},
    {".mlp.weights_in.", "SwiGLU"},
    {".grn.", "global response normalisation (ConvNeXt V2)"},
    {"rel_pos", "relative positions"},
    {"relative_position", "relative positions"},
    {"rope.", "rotary positions"},
    {".attn.q_bias", "BEiT's attention biases"},
    {".attn.q_norm.", "normalised queries and keys"},
    {".attn.norm.", "normalised attention"},
    {".mlp.norm.", "a normalised MLP"},
    {".attns.", "parallel attention"},
    {"patch_embed.backbone.", "a convolutional patch embedding"},
    {"patch_embed.norm.", "a normalised patch embedding"},
    {"attn_pool.", "attention pooling"},
    {"MAPHead_0/", "attention pooling"},
    {"heads.pre_logits.", "a hidden layer in the head"},
    {"head.pre_logits.fc.", "a hidden layer in the head"},
    {".shortcut.", "blocks with their own shortcut"},
}};

void CheckSupported(const TensorSource& source) {
  for (const TensorSpec& spec : source.Specs()) {
    for (const Unsupported& row : kUnsupported) {
      if (spec.name.find(row.part) == std::string::npos) continue;
      throw Error(
          ErrorKind::kMismatch, spec.name,
          fmt::format("belongs to {}, which is not supported", row.feature));
    }
  }
}

}  // namespace

std::optional<Detection> Detect(const TensorSource& source,
                                const Hints& hints) {
  const bool vit = source.Find("blocks.0.attn.qkv.weight") != nullptr ||
                   (source.Find("patch_embed.proj.weight") != nullptr &&
                    source.Find("blocks.0.norm1.weight") != nullptr);
  const bool convnext =
      source.Find("stages.0.blocks.0.conv_dw.weight") != nullptr;
  if (!vit && !convnext) return std::nullopt;
  CheckSupported(source);
  return vit ? DetectVit(source, hints) : DetectConvNext(source, hints);
}

}  // namespace wsel::model
