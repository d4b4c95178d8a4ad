#include <cmath>

#include "timm_init.h"
#include "vit.h"
#include "wsel/core/error.h"

namespace wsel::model {
namespace {

bool Contains(const ParameterSpec& parameter, std::string_view part) {
  return parameter.spec.name.find(part) != std::string::npos;
}

// torch's default of Conv2d, which timm keeps, for weight and bias alike.
Init PatchEmbedInit(const VitConfig& config) {
  const auto patch = static_cast<double>(config.patch_size);
  const auto in = static_cast<double>(config.in_chans);
  return {InitKind::kUniform, 0, 1 / std::sqrt(in * patch * patch)};
}

// timm's trunc_normal_tf_ truncates at two standard deviations.
Init LatentInit(const VitConfig& config) {
  const double std = 1 / std::sqrt(static_cast<double>(config.embed_dim));
  return TruncNormal(std, 2 * std);
}

Init EvaInit(const ParameterSpec& parameter) {
  if (parameter.component == Component::kHead) {
    constexpr double kHeadScale = 0.001;
    return IsWeight(parameter)
               ? TruncNormal(kStd * kHeadScale, kTimmBound * kHeadScale)
               : Constant(0);
  }
  if (parameter.component == Component::kTokens ||
      parameter.component == Component::kPosEmbed) {
    return TruncNormal(kStd, kTimmBound);
  }
  if (!IsWeight(parameter)) return Constant(0);
  const bool rescaled =
      Contains(parameter, ".attn.proj.") || Contains(parameter, ".mlp.fc2.");
  if (parameter.block < 0 || !rescaled) return TruncNormal(kStd, kTimmBound);
  const double scale = std::sqrt(2.0 * (parameter.block + 1));
  return TruncNormal(kStd / scale, kTimmBound / scale);
}

// Of timm's gated MLPs: init_weights makes the gate, or in a packed one
// the second half of its rows, nearly 0, with biases of 1.
Init SwiGluInit(const VitConfig& config, const ParameterSpec& parameter) {
  const bool weight = IsWeight(parameter);
  if (config.mlp == MlpForm::kSwiGluPacked && Contains(parameter, ".fc1.")) {
    return weight ? Init{InitKind::kGluWeight, kStd, kTimmBound}
                  : Init{InitKind::kGluBias};
  }
  if (Contains(parameter, ".fc1_g.")) {
    return weight ? Init{InitKind::kNormal, 1e-6} : Constant(1);
  }
  return weight ? TruncNormal(kStd, kTimmBound) : Constant(0);
}

bool IsUsualAttention(const VitConfig& config) {
  return config.qkv == Qkv::kFused && config.block != BlockForm::kParallel &&
         !config.diff_attn;
}

}  // namespace

Init VitTimmInit(const VitConfig& config, const ParameterSpec& parameter) {
  if (parameter.component == Component::kPatchEmbed) {
    return PatchEmbedInit(config);
  }
  if (Contains(parameter, "attn_pool.latent")) return LatentInit(config);
  if (Contains(parameter, "rope.freqs")) {
    return {InitKind::kRopeFreqs, config.rope_temperature};
  }
  if (config.IsEva()) return EvaInit(parameter);
  if (parameter.component == Component::kPosEmbed) {
    return TruncNormal(kStd, kTimmBound);
  }
  if (parameter.component == Component::kTokens) {
    if (parameter.spec.name == "dist_token") {
      return TruncNormal(kStd, kTimmBound);
    }
    return {InitKind::kNormal, 1e-6};
  }
  if (Contains(parameter, "lambda_")) return {InitKind::kNormal, 0.1};
  if (parameter.component == Component::kMlp) {
    return SwiGluInit(config, parameter);
  }
  return IsWeight(parameter) ? TruncNormal(kStd, kTimmBound) : Constant(0);
}

double VitNormWeight(const VitConfig& config, const ParameterSpec& parameter) {
  const bool scales =
      IsPostNorm(config) && !config.IsEva() && config.layer_scale > 0 &&
      (Contains(parameter, ".norm1.") || Contains(parameter, ".norm2."));
  return scales ? config.layer_scale : 1;
}

std::optional<Init> VitMimeticInit(const VitConfig& config,
                                   const ParameterSpec& parameter) {
  if (config.embed_dim % 4 != 0) {
    throw Error(ErrorKind::kConfig, config.name,
                "mimetic initialisation needs an embed_dim that is a multiple "
                "of 4, not {}",
                config.embed_dim);
  }
  if (!IsUsualAttention(config)) {
    throw Error(ErrorKind::kConfig, config.name,
                "mimetic initialisation is only for attention with a fused "
                "qkv; use another method");
  }
  if (parameter.spec.name == "pos_embed") {
    const int64_t prefix = config.no_embed_class ? 0 : config.PrefixTokens();
    const HeightWidth grid = config.GridSize();
    return Init{.kind = InitKind::kSinCos,
                .value = static_cast<double>(prefix),
                .rows = grid.IsSquare() ? 0 : grid.height};
  }
  if (parameter.component != Component::kAttention || !IsWeight(parameter)) {
    return std::nullopt;
  }
  const bool qkv = parameter.axes.front().role == Role::kAttnInner;
  return Init{qkv ? InitKind::kMimeticQkv : InitKind::kMimeticProj, 0, 0,
              config.num_heads};
}

}  // namespace wsel::model
