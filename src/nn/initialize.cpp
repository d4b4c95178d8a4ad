#include "wsel/nn/initialize.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "mimetic.h"
#include "wsel/core/parallel.h"

namespace wsel::nn {
namespace {

// Sets every element i to element(i), in parallel.
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

// timm's GluMlp: the second half of its rows, nearly zero.
void FillGlu(const model::Init& init, const TensorSpec& spec, uint64_t seed,
             at::Tensor& tensor) {
  const int64_t half = tensor.size(0) / 2;
  auto first = tensor.narrow(0, 0, half);
  auto second = tensor.narrow(0, half, half);
  if (init.kind == model::InitKind::kGluBias) {
    first.fill_(0);
    second.fill_(1);
    return;
  }
  FillTruncNormal(RandomStream(seed, spec.name), init.value, init.bound, first);
  FillNormal(RandomStream(seed, spec.name + ".second"), 1e-6, second);
}

// timm's init_random_2d_freqs: the frequencies base^(-4i / d) along an axis
// that is turned by a random angle, then along the one perpendicular to it.
void FillRopeFreqs(const RandomStream& stream, double base,
                   at::Tensor& tensor) {
  const int64_t heads = tensor.size(1) * tensor.size(2);
  const int64_t pairs = tensor.size(3);
  auto* out = tensor.mutable_data_ptr<float>();
  for (int64_t head = 0; head < heads; ++head) {
    const double angle = 2 * M_PI * stream.Uniform(static_cast<uint64_t>(head));
    for (int64_t i = 0; i < pairs; ++i) {
      const int64_t band = i % (pairs / 2);
      const double turn = angle + (i < pairs / 2 ? 0 : M_PI / 2);
      const double size = std::pow(
          base, -2 * static_cast<double>(band) / static_cast<double>(pairs));
      out[head * pairs + i] = static_cast<float>(size * std::cos(turn));
      out[(heads + head) * pairs + i] =
          static_cast<float>(size * std::sin(turn));
    }
  }
}

// "blocks.3.attn" of "blocks.3.attn.qkv.weight".
std::string AttentionPrefix(const std::string& name) {
  return name.substr(0, name.rfind('.', name.rfind('.') - 1));
}

}  // namespace

void FillNormal(const RandomStream& stream, double std, at::Tensor& tensor) {
  const auto element = [&](int64_t i) {
    return std * NormalQuantile(stream.Uniform(i));
  };
  if (tensor.scalar_type() == at::kDouble) {
    Fill<double>(tensor, element);
  } else {
    Fill<float>(tensor, element);
  }
}

at::Tensor Draw(const model::Init& init, const TensorSpec& spec,
                uint64_t seed) {
  if (init.kind == model::InitKind::kMimeticQkv) {
    return MimeticQkv(spec.shape[1], init.heads, seed,
                      AttentionPrefix(spec.name));
  }
  if (init.kind == model::InitKind::kMimeticProj) {
    return MimeticProj(spec.shape[1], seed, AttentionPrefix(spec.name));
  }
  if (init.kind == model::InitKind::kSinCos) {
    return SinCosPositions(spec.shape, static_cast<int64_t>(init.value));
  }
  auto tensor = at::empty(spec.shape, at::kFloat);
  const RandomStream stream(seed, spec.name);
  if (init.kind == model::InitKind::kConstant) {
    tensor.fill_(init.value);
  } else if (init.kind == model::InitKind::kNormal) {
    FillNormal(stream, init.value, tensor);
  } else if (init.kind == model::InitKind::kGluWeight ||
             init.kind == model::InitKind::kGluBias) {
    FillGlu(init, spec, seed, tensor);
  } else if (init.kind == model::InitKind::kRopeFreqs) {
    FillRopeFreqs(stream, init.value, tensor);
  } else if (init.kind == model::InitKind::kTruncNormal) {
    FillTruncNormal(stream, init.value, init.bound, tensor);
  } else {
    Fill<float>(tensor, [&](int64_t i) {
      return (2 * stream.Uniform(i) - 1) * init.bound;
    });
  }
  return tensor;
}

}  // namespace wsel::nn
