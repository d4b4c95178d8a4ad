#include "wsel/model/initialize.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "normal.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/core/philox.h"
#include "wsel/model/mimetic.h"

namespace wsel::model {
namespace {

constexpr double kStd = 0.02;
constexpr double kTimmBound = 2;  // absolute: 100 deviations

Init Constant(double value) { return {InitKind::kConstant, value}; }
Init TruncNormal(double std, double bound) {
  return {InitKind::kTruncNormal, std, bound};
}

bool IsWeight(const ModelTensor& tensor) {
  return tensor.spec.name.ends_with(".weight");
}

struct Fans {
  double in;
  double out;
};

// torch.nn.init's, of a weight [out, in, kernel...].
Fans FansOf(const Shape& shape) {
  double kernel = 1;
  for (size_t i = 2; i < shape.size(); ++i) {
    kernel *= static_cast<double>(shape[i]);
  }
  return {static_cast<double>(shape[1]) * kernel,
          static_cast<double>(shape[0]) * kernel};
}

Init TimmLayer(const VitConfig& config, const ModelTensor& tensor) {
  if (tensor.component == Component::kPatchEmbed) {
    // Conv2d's own default, which timm leaves: weight and bias alike.
    const auto patch = static_cast<double>(config.patch_size);
    return {InitKind::kUniform, 0, 1 / std::sqrt(3 * patch * patch)};
  }
  return IsWeight(tensor) ? TruncNormal(kStd, kTimmBound) : Constant(0);
}

Init TimmLayer(const ConvNextConfig& config, const ModelTensor& tensor) {
  if (!IsWeight(tensor)) return Constant(0);
  const double scale =
      tensor.component == Component::kHead ? config.head_init_scale : 1;
  return TruncNormal(kStd * scale, kTimmBound * scale);
}

Init MimeticLayer(const VitConfig& config, const ModelTensor& tensor) {
  if (tensor.component != Component::kAttention || !IsWeight(tensor)) {
    return TimmLayer(config, tensor);
  }
  const bool qkv = tensor.axes.front().role == Role::kAttnInner;
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
Init LayerInit(const Config& config, const ModelTensor& tensor,
               Initializer initializer) {
  switch (initializer) {
    case Initializer::kTimm:
      return std::visit([&](const auto& c) { return TimmLayer(c, tensor); },
                        config);
    case Initializer::kMimetic:
      return MimeticLayer(std::get<VitConfig>(config), tensor);
    case Initializer::kTruncNormal:
      return IsWeight(tensor) ? TruncNormal(kStd, 2 * kStd) : Constant(0);
    default:
      return IsWeight(tensor) ? WeightByFans(tensor.spec.shape, initializer)
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
                "mimetic initialisation is for ViTs; this is a ConvNeXt");
  }
  if (vit->embed_dim % 4 != 0) {
    throw Error(ErrorKind::kConfig, vit->name,
                fmt::format("mimetic initialisation needs a width that is a "
                            "multiple of 4, not {}",
                            vit->embed_dim));
  }
}

// Calls element(i) for every i, in parallel, and stores what it returns.
template <typename T, typename F>
void Fill(at::Tensor& tensor, const F& element) {
  constexpr int64_t kChunk = 1 << 16;
  T* data = tensor.mutable_data_ptr<T>();
  const int64_t count = tensor.numel();
  ParallelFor((count + kChunk - 1) / kChunk, [&](size_t chunk) {
    const int64_t begin = static_cast<int64_t>(chunk) * kChunk;
    const int64_t end = std::min(count, begin + kChunk);
    for (int64_t i = begin; i < end; ++i) {
      data[i] = static_cast<T>(element(i));
    }
  });
}

void FillTruncNormal(const RandomStream& stream, double std, double bound,
                     at::Tensor& tensor) {
  const double low = 0.5 * std::erfc(bound / std / std::sqrt(2));  // cdf(-b)
  Fill<float>(tensor, [&](int64_t i) {
    const double p = low + stream.Uniform(i) * (1 - 2 * low);
    return std::clamp(std * NormalQuantile(p), -bound, bound);
  });
}

void FillUniform(const RandomStream& stream, double bound, at::Tensor& tensor) {
  Fill<float>(tensor,
              [&](int64_t i) { return (2 * stream.Uniform(i) - 1) * bound; });
}

// "blocks.3.attn" of "blocks.3.attn.qkv.weight".
std::string AttentionOf(const std::string& name) {
  return name.substr(0, name.rfind('.', name.rfind('.') - 1));
}

}  // namespace

void FillNormal(const RandomStream& stream, double deviation,
                at::Tensor& tensor) {
  const auto element = [&](int64_t i) {
    return deviation * NormalQuantile(stream.Uniform(i));
  };
  if (tensor.scalar_type() == at::kDouble) {
    Fill<double>(tensor, element);
  } else {
    Fill<float>(tensor, element);
  }
}

Init InitFor(const Config& config, const ModelTensor& tensor,
             Initializer initializer) {
  if (initializer == Initializer::kMimetic) CheckMimetic(config);
  switch (tensor.component) {
    case Component::kNorm:
      return Constant(IsWeight(tensor) ? 1 : 0);
    case Component::kLayerScale:
      return Constant(LayerScale(config));
    case Component::kPosEmbed:
      return Positions(config, initializer);
    case Component::kTokens:
      if (tensor.spec.name == "dist_token") {
        return TruncNormal(kStd, kTimmBound);
      }
      return {InitKind::kNormal, 1e-6};
    default:
      return LayerInit(config, tensor, initializer);
  }
}

at::Tensor Draw(const Init& init, const TensorSpec& spec, uint64_t seed) {
  if (init.kind == InitKind::kMimeticQkv) {
    return MimeticQkv(spec.shape[1], init.heads, seed, AttentionOf(spec.name));
  }
  if (init.kind == InitKind::kMimeticProj) {
    return MimeticProj(spec.shape[1], seed, AttentionOf(spec.name));
  }
  if (init.kind == InitKind::kSinCos) {
    return SinCosPositions(spec.shape, static_cast<int64_t>(init.value));
  }
  auto tensor = at::empty(spec.shape, at::kFloat);
  const RandomStream stream(seed, spec.name);
  if (init.kind == InitKind::kConstant) {
    tensor.fill_(init.value);
  } else if (init.kind == InitKind::kNormal) {
    FillNormal(stream, init.value, tensor);
  } else if (init.kind == InitKind::kTruncNormal) {
    FillTruncNormal(stream, init.value, init.bound, tensor);
  } else {
    FillUniform(stream, init.bound, tensor);
  }
  return tensor;
}

}  // namespace wsel::model
