#include "wsel/model/init_rule.h"

#include <fmt/format.h>

#include <cmath>

#include "architecture.h"
#include "timm_init.h"
#include "wsel/core/error.h"

namespace wsel::model {
namespace {

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

Init WeightInit(const Shape& shape, Initializer initializer) {
  if (initializer == Initializer::kTruncNormal) {
    return TruncNormal(kStd, 2 * kStd);
  }
  const Fans fans = FansOf(shape);
  if (initializer == Initializer::kXavier) {
    return {InitKind::kUniform, 0, std::sqrt(6 / (fans.in + fans.out))};
  }
  return {InitKind::kNormal, std::sqrt(2 / fans.in)};
}

template <typename C>
std::optional<Init> MimeticInit(const Architecture<C>& architecture,
                                const C& config,
                                const ParameterSpec& parameter) {
  if (architecture.mimetic_init == nullptr) {
    throw Error(ErrorKind::kConfig, config.name,
                fmt::format("mimetic initialisation is only for ViTs; this is "
                            "a {}",
                            architecture.name));
  }
  return architecture.mimetic_init(config, parameter);
}

}  // namespace

Init InitFor(const Config& config, const ParameterSpec& parameter,
             Initializer initializer) {
  return WithArchitecture(config, [&](const auto& architecture, const auto& c) {
    if (initializer == Initializer::kMimetic) {
      const auto mimetic = MimeticInit(architecture, c, parameter);
      if (mimetic) return *mimetic;
    }
    if (parameter.component == Component::kNorm) {
      return Constant(IsWeight(parameter) ? 1 : 0);
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
