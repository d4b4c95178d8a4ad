#include <fmt/format.h>

#include <cmath>

#include "timm_init.h"
#include "vit.h"
#include "wsel/core/error.h"

namespace wsel::model {

Init VitTimmInit(const VitConfig& config, const ParameterSpec& parameter) {
  switch (parameter.component) {
    case Component::kPatchEmbed: {
      // torch's default of Conv2d, which timm keeps, for weight and bias alike.
      const auto patch = static_cast<double>(config.patch_size);
      return {InitKind::kUniform, 0, 1 / std::sqrt(3 * patch * patch)};
    }
    case Component::kPosEmbed:
      return TruncNormal(kStd, kTimmBound);
    case Component::kTokens:
      if (parameter.spec.name == "dist_token") {
        return TruncNormal(kStd, kTimmBound);
      }
      return {InitKind::kNormal, 1e-6};
    default:
      return IsWeight(parameter) ? TruncNormal(kStd, kTimmBound) : Constant(0);
  }
}

std::optional<Init> VitMimeticInit(const VitConfig& config,
                                   const ParameterSpec& parameter) {
  if (config.embed_dim % 4 != 0) {
    throw Error(
        ErrorKind::kConfig, config.name,
        fmt::format("mimetic initialisation needs an embed_dim that is a "
                    "multiple of 4, not {}",
                    config.embed_dim));
  }
  if (parameter.component == Component::kPosEmbed) {
    const int64_t prefix = config.no_embed_class ? 0 : config.PrefixTokens();
    return Init{InitKind::kSinCos, static_cast<double>(prefix)};
  }
  if (parameter.component != Component::kAttention || !IsWeight(parameter)) {
    return std::nullopt;
  }
  const bool qkv = parameter.axes.front().role == Role::kAttnInner;
  return Init{qkv ? InitKind::kMimeticQkv : InitKind::kMimeticProj, 0, 0,
              config.num_heads};
}

}  // namespace wsel::model
