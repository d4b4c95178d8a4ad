#include "wsel/model/detect.h"

#include <fmt/format.h>

#include <algorithm>

#include "architecture.h"
#include "vit.h"
#include "wsel/core/error.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

// What no architecture supports.
constexpr UnsupportedPart kUnsupported[] = {
    {".mlp.w12.", "SwiGLU"},
    {".mlp.w1.", "SwiGLU"},
    {".mlp.weights_in.", "SwiGLU"},
    {"rel_pos", "relative positions"},
    {"relative_position", "relative positions"},
    {".attns.", "parallel attention"},
    {"patch_embed.backbone.", "a convolutional stem"},
    {"attn_pool.query", "CoCa's attention pooling"},
    {"MAPHead_0/", "attention pooling"},
    {"heads.pre_logits.", "a hidden layer in the head"},
    {".shortcut.", "blocks with their own shortcut"},
};

// The first tensor that shows an unsupported feature, as an error.
std::optional<Error> FindUnsupported(
    const TensorSource& source, std::span<const UnsupportedPart> own_parts) {
  std::vector<UnsupportedPart> parts(std::begin(kUnsupported),
                                     std::end(kUnsupported));
  parts.insert(parts.end(), own_parts.begin(), own_parts.end());
  for (const TensorSpec& spec : source.Specs()) {
    for (const auto& [part, feature] : parts) {
      if (spec.name.find(part) == std::string::npos) continue;
      return Error(
          ErrorKind::kMismatch, spec.name,
          fmt::format("belongs to {}, which is not supported", feature));
    }
  }
  return std::nullopt;
}

// Whether a known variant is as wide; its heads are taken then.
bool IsKnownWidth(const Config& config) {
  return std::ranges::any_of(Variants(), [&](const Variant& variant) {
    return variant.config.index() == config.index() &&
           NumFeatures(variant.config) == NumFeatures(config);
  });
}

template <typename C>
Detection DetectAs(const Architecture<C>& architecture, const ShapeReader& read,
                   const Hints& hints) {
  Detection out;
  C config = architecture.detect(read, hints, out.assumptions);
  config.name = DescriptiveName(config);
  try {
    Validate(config,
             fmt::format("the {} of this checkpoint", architecture.name));
  } catch (const Error& e) {
    throw Error(ErrorKind::kMismatch, "", e.what());
  }
  // After the name is found: eps does not make it a different variant.
  config.norm_eps = hints.norm_eps.value_or(config.norm_eps);
  out.config = std::move(config);
  out.knows_heads = NumHeads(out.config) < 1 || hints.num_heads ||
                    IsKnownWidth(out.config) ||
                    PublishedHeads(NumFeatures(out.config)) > 0;
  return out;
}

}  // namespace

std::optional<Detection> Detect(const TensorSource& source,
                                const Hints& hints) {
  const ShapeReader read(source);
  std::optional<Detection> found;
  std::optional<Error> unsupported;
  ForEachArchitecture([&](const auto& architecture) {
    if (found || !architecture.recognises(read)) return;
    const auto error = FindUnsupported(source, architecture.unsupported);
    if (!error) {
      found = DetectAs(architecture, read, hints);
    } else if (!unsupported) {
      unsupported = error;
    }
  });
  if (!found && unsupported) throw Error(*unsupported);
  return found;
}

}  // namespace wsel::model
