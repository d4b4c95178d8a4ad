#include <string>
#include <string_view>
#include <variant>

#include "solved_layers.h"
#include "vit_projectable.h"
#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

using model::Component;

// The last layer of a residual branch.
bool IsWriter(std::string_view name) {
  return NameHas(name, ".proj.") || NameHas(name, ".fc2.") ||
         NameHas(name, "out_proj.");
}

bool HasPostNorm(const model::Config& config) {
  return IsPostNorm(std::get<model::VitConfig>(config));
}

// Whether regression fits a norm, channel by channel.
bool IsFittedNorm(std::string_view name, const model::Config& student) {
  if (name.starts_with("norm_pre.") || name.starts_with("patch_embed.")) {
    return true;
  }
  return HasPostNorm(student) &&
         (NameHas(name, ".norm1.") || NameHas(name, ".norm2."));
}

// Of differential attention, of which a factor depends on the block's number.
constexpr const char* kForPlace = "the teacher's, for the block's new number";

std::string VitRegressionOf(const model::ParameterSpec& p,
                            const model::Config& student) {
  const std::string_view name = p.spec.name;
  switch (p.component) {
    case Component::kAttention:
    case Component::kMlp:
      if (NameHas(name, "lambda_")) return kForPlace;
      if (name.ends_with("mlp_bias")) return "";
      return IsWriter(name) && !HasPostNorm(student) ? kFittedWriter
                                                     : kFittedReader;
    case Component::kAttnPool:
      return NameHas(name, ".kv.") || NameHas(name, ".proj.") ||
                     NameHas(name, ".mlp.")
                 ? kFittedReader
                 : "";
    case Component::kHead:
      return kFittedReader;
    case Component::kLayerScale:
      return kFittedScale;
    case Component::kNorm:
      if (NameHas(name, "sub_norm.")) return kForPlace;
      return IsFittedNorm(name, student) ? kFittedNorm : "";
    default:
      return "";
  }
}

// Of the norms of a ViT those that no residual stream passes.
bool IsInnerNorm(std::string_view name) {
  return NameHas(name, ".attn.") || NameHas(name, ".mlp.");
}

std::string VitProjectionOf(const model::ParameterSpec& p) {
  const std::string_view name = p.spec.name;
  switch (p.component) {
    case Component::kPosEmbed:
      if (name == "rope.freqs") return "the teacher's, of the heads kept";
      [[fallthrough]];
    case Component::kHead:
    case Component::kPatchEmbed:
    case Component::kTokens:
      return "the teacher's, in the basis of the stream";
    case Component::kNorm:
      if (NameHas(name, "sub_norm.")) return kForPlace;
      return IsInnerNorm(name)
                 ? "the teacher's, of the channels kept"
                 : "one scale; its weight and bias are in the layers that read "
                   "it";
    case Component::kLayerScale:
      return "the teacher's root mean square; the layer before it has the rest";
    case Component::kAttention:
      if (NameHas(name, "lambda_")) return kForPlace;
      return IsWriter(name)
                 ? kFittedWriter
                 : "in the basis of the stream, heads of the best low rank";
    default:
      return IsWriter(name)
                 ? kFittedWriter
                 : "in the basis of the stream, the hidden channels that add "
                   "most";
  }
}

// Regression fits the layers of a block in the order of its form.
void RequireSameBlocks(const select::Plan& plan) {
  const auto& to =
      std::get<model::VitConfig>(std::get<model::Config>(plan.student));
  const auto& from =
      std::get<model::VitConfig>(std::get<model::Config>(*plan.teacher));
  if (from.block == to.block) return;
  throw Error(ErrorKind::kMismatch, "block",
              "is not the teacher's: their norms are in other places, so that "
              "no layer can be fitted to the teacher's; use method activation");
}

}  // namespace

const SolvedLayers kVitSolvedLayers = {
    .regression = VitRegressionOf,
    .projection = VitProjectionOf,
    .require_regression = RequireSameBlocks,
    .require_projection = RequireProjectable,
    .keeps_heads_whole =
        [](const model::Config& teacher) {
          return NeedsWholeHeads(std::get<model::VitConfig>(teacher));
        },
};

}  // namespace wsel::calibrate
