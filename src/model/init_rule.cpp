#include "wsel/model/init_rule.h"

#include <fmt/format.h>

#include <cmath>

#include "wsel/core/error.h"

namespace wsel::model {
namespace {

constexpr double kStd = 0.02;
constexpr double kTimmBound = 2;  // absolute, that is 100 std

Init Constant(double value) { return {InitKind::kConstant, value}; }
Init TruncNormal(double std, double bound) {
  return {InitKind::kTruncNormal, std, bound};
}

bool IsWeight(const ParameterSpec& parameter) {
  return parameter.spec.name.ends_with(".weight");
}

struct Fans {
  double in;
  double out;
};

// Fan-in and fan-out as in torch.nn.init, for a weight [out, in, kernel...].
Fans FansOf(const Shape& shape) {
  double kernel = 1;
  for (size_t i = 2; i < shape.size(); ++i) {
    kernel *= static_cast<double>(shape[i]);
  }
  return {static_cast<double>(shape[1]) * kernel,
          static_cast<double>(shape[0]) * kernel};
}

Init TimmLayer(const VitConfig& config, const ParameterSpec& parameter) {
  if (parameter.component == Component::kPatchEmbed) {
    // torch's default of Conv2d, which timm keeps, for weight and bias alike.
    const auto patch = static_cast<double>(config.patch_size);
    return {InitKind::kUniform, 0, 1 / std::sqrt(3 * patch * patch)};
  }
  return IsWeight(parameter) ? TruncNormal(kStd, kTimmBound) : Constant(0);
}

Init TimmLayer(const ConvNextConfig& config, const ParameterSpec& parameter) {
  if (!IsWeight(parameter)) return Constant(0);
  const double scale =
      parameter.component == Component::kHead ? config.head_init_scale : 1;
  return TruncNormal(kStd * scale, kTimmBound * scale);
}

Init MimeticLayer(const VitConfig& config, const ParameterSpec& parameter) {
  if (parameter.component != Component::kAttention || !IsWeight(parameter)) {
    return TimmLayer(config, parameter);
  }
  const bool qkv = parameter.axes.front().role == Role::kAttnInner;
  return {qkv ? InitKind::kMimeticQkv : InitKind::kMimeticProj, 0, 0,
          config.num_heads};
}

Init WeightByFans(const Shape& shape, Initializer initializer) {
  const Fans fans = FansOf(shape);
  if (initializer == Initializer::kXavier) {
    return {InitKind::kUniform, 0, std::sqrt(6 / (fans.in + fans.out))};
  }
  return {InitKind::kNormal, std::sqrt(2 / fans.in)};
}

// A weight or bias of a linear layer or a convolution.
Init LayerInit(const Config& config, const ParameterSpec& parameter,
               Initializer initializer) {
  switch (initializer) {
    case Initializer::kTimm:
      return std::visit([&](const auto& c) { return TimmLayer(c, parameter); },
                        config);
    case Initializer::kMimetic:
      return MimeticLayer(std::get<VitConfig>(config), parameter);
    case Initializer::kTruncNormal:
      return IsWeight(parameter) ? TruncNormal(kStd, 2 * kStd) : Constant(0);
    default:
      return IsWeight(parameter)
                 ? WeightByFans(parameter.spec.shape, initializer)
                 : Constant(0);
  }
}

double LayerScale(const Config& config) {
  return std::visit([](const auto& c) { return c.layer_scale; }, config);
}

Init Positions(const Config& config, Initializer initializer) {
  if (initializer != Initializer::kMimetic) {
    return TruncNormal(kStd, kTimmBound);
  }
  const auto& vit = std::get<VitConfig>(config);
  const int64_t prefix = vit.no_embed_class ? 0 : vit.PrefixTokens();
  return {InitKind::kSinCos, static_cast<double>(prefix)};
}

void CheckMimetic(const Config& config) {
  const auto* vit = std::get_if<VitConfig>(&config);
  if (vit == nullptr) {
    throw Error(ErrorKind::kConfig, NameOf(config),
                "mimetic initialisation is only for ViTs; this is a ConvNeXt");
  }
  if (vit->embed_dim % 4 != 0) {
    throw Error(
        ErrorKind::kConfig, vit->name,
        fmt::format("mimetic initialisation needs an embed_dim that is a "
                    "multiple of 4, not {}",
                    vit->embed_dim));
  }
}

}  // namespace

Init InitFor(const Config& config, const ParameterSpec& parameter,
             Initializer initializer) {
  if (initializer == Initializer::kMimetic) CheckMimetic(config);
  switch (parameter.component) {
    case Component::kNorm:
      return Constant(IsWeight(parameter) ? 1 : 0);
    case Component::kLayerScale:
      return Constant(LayerScale(config));
    case Component::kPosEmbed:
      return Positions(config, initializer);
    case Component::kTokens:
      if (parameter.spec.name == "dist_token") {
        return TruncNormal(kStd, kTimmBound);
      }
      return {InitKind::kNormal, 1e-6};
    default:
      return LayerInit(config, parameter, initializer);
  }
}

}  // namespace wsel::model
