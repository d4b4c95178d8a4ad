#include <cmath>

#include "architecture.h"
#include "timm_init.h"
#include "wsel/core/error.h"
#include "wsel/model/init.h"

namespace wsel::model {
namespace {

// Of a weight [out, in, kernel...].
Init WeightInit(const Shape& shape, Initializer initializer) {
  if (initializer == Initializer::kTruncNormal) {
    return TruncNormal(kStd, 2 * kStd);
  }
  double kernel = 1;
  for (size_t i = 2; i < shape.size(); ++i) {
    kernel *= static_cast<double>(shape[i]);
  }
  const double fan_in = static_cast<double>(shape[1]) * kernel;
  const double fan_out = static_cast<double>(shape[0]) * kernel;
  if (initializer == Initializer::kXavier) {
    return {InitKind::kUniform, 0, std::sqrt(6 / (fan_in + fan_out))};
  }
  return {InitKind::kNormal, std::sqrt(2 / fan_in)};
}

}  // namespace

Init InitFor(const Config& config, const ParameterSpec& parameter,
             Initializer initializer) {
  return WithArchitecture(config, [&](const auto& architecture, const auto& c) {
    if (initializer == Initializer::kMimetic) {
      if (architecture.mimetic_init == nullptr) {
        throw Error(ErrorKind::kConfig, c.name,
                    "mimetic initialisation is only for ViTs; this is a {}",
                    architecture.name);
      }
      const auto mimetic = architecture.mimetic_init(c, parameter);
      if (mimetic) return *mimetic;
    }
    if (parameter.component == Component::kNorm) {
      if (!IsWeight(parameter)) return Constant(0);
      return Constant(architecture.norm_weight == nullptr
                          ? 1
                          : architecture.norm_weight(c, parameter));
    }
    if (parameter.component == Component::kLayerScale) {
      return Constant(c.*architecture.layer_scale);
    }
    const bool is_timm = initializer == Initializer::kTimm ||
                         initializer == Initializer::kMimetic;
    if (!is_timm && parameter.spec.name.ends_with(".bias")) return Constant(0);
    // Only matrices and kernels have fans.
    if (!is_timm && IsWeight(parameter) && parameter.spec.shape.size() >= 2) {
      return WeightInit(parameter.spec.shape, initializer);
    }
    return architecture.timm_init(c, parameter);
  });
}

}  // namespace wsel::model
