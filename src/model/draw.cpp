#include "wsel/model/draw.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "wsel/core/parallel.h"

namespace wsel::model {
namespace {

// Sets every element i to element(i), in parallel.
template <typename T, typename F>
void Fill(std::span<T> values, const F& element) {
  constexpr size_t kChunk = 1 << 16;
  ParallelFor((values.size() + kChunk - 1) / kChunk, [&](size_t chunk) {
    const size_t begin = chunk * kChunk;
    const size_t end = std::min(values.size(), begin + kChunk);
    for (size_t i = begin; i < end; ++i) values[i] = static_cast<T>(element(i));
  });
}

void FillTruncNormal(const RandomStream& stream, double std, double bound,
                     std::span<float> values) {
  const double low = 0.5 * std::erfc(bound / std / std::sqrt(2));  // cdf(-b)
  Fill(values, [&](size_t i) {
    const double p = low + stream.Uniform(i) * (1 - 2 * low);
    return std::clamp(std * NormalQuantile(p), -bound, bound);
  });
}

// Fixed position embeddings [1, prefix + patches, D]: zeros for init.value
// tokens, then for the patch in column x and row y sin(x w), cos(x w),
// sin(y w), cos(y w), with D/4 frequencies w from 1 to 1/10000 at equal ratios.
// D is a multiple of 4.
void FillSinCos(const Init& init, const Shape& shape, std::span<float> values) {
  const auto prefix = static_cast<int64_t>(init.value);
  const int64_t patches = shape[1] - prefix;
  const int64_t width = shape[2];
  const int64_t waves = width / 4;
  const int64_t columns =
      init.rows > 0 ? patches / init.rows : std::llround(std::sqrt(patches));
  const double last = std::max<double>(1, static_cast<double>(waves - 1));
  for (int64_t wave = 0; wave < waves; ++wave) {
    const double frequency =
        std::pow(10000.0, -(static_cast<double>(wave) / last));
    const auto at = [&](int64_t patch, int64_t part) -> float& {
      return values[static_cast<size_t>((prefix + patch) * width +
                                        part * waves + wave)];
    };
    for (int64_t patch = 0; patch < patches; ++patch) {
      const int64_t row = patch / columns;
      const double x = static_cast<double>(patch % columns) * frequency;
      const double y = static_cast<double>(row) * frequency;
      at(patch, 0) = static_cast<float>(std::sin(x));
      at(patch, 1) = static_cast<float>(std::cos(x));
      at(patch, 2) = static_cast<float>(std::sin(y));
      at(patch, 3) = static_cast<float>(std::cos(y));
    }
  }
}

// timm's GluMlp: the first half of the rows as usual, the second, which gates,
// nearly zero.
void FillGluWeight(const Init& init, const TensorSpec& spec, uint64_t seed,
                   std::span<float> values) {
  constexpr double kGateStd = 1e-6;
  const size_t half = values.size() / 2;
  FillTruncNormal(RandomStream(seed, spec.name), init.value, init.bound,
                  values.first(half));
  const RandomStream second(seed, spec.name + ".second");
  Fill(values.subspan(half),
       [&](size_t i) { return kGateStd * NormalQuantile(second.Uniform(i)); });
}

// timm's init_random_2d_freqs: the frequencies base^(-4i / d) along an axis
// that is turned by a random angle, then along the one perpendicular to it.
void FillRopeFreqs(const RandomStream& stream, double base, const Shape& shape,
                   std::span<float> values) {
  const auto heads = static_cast<size_t>(shape[1] * shape[2]);
  const auto pairs = static_cast<size_t>(shape[3]);
  for (size_t head = 0; head < heads; ++head) {
    const double angle = 2 * M_PI * stream.Uniform(head);
    for (size_t i = 0; i < pairs; ++i) {
      const size_t band = i % (pairs / 2);
      const double turn = angle + (i < pairs / 2 ? 0 : M_PI / 2);
      const double size = std::pow(
          base, -2 * static_cast<double>(band) / static_cast<double>(pairs));
      values[head * pairs + i] = static_cast<float>(size * std::cos(turn));
      values[(heads + head) * pairs + i] =
          static_cast<float>(size * std::sin(turn));
    }
  }
}

}  // namespace

bool NeedsSvd(const Init& init) {
  return init.kind == InitKind::kMimeticQkv ||
         init.kind == InitKind::kMimeticProj;
}

void FillNormal(const RandomStream& stream, double std,
                std::span<double> values) {
  Fill(values,
       [&](size_t i) { return std * NormalQuantile(stream.Uniform(i)); });
}

std::vector<float> Draw(const Init& init, const TensorSpec& spec,
                        uint64_t seed) {
  std::vector<float> values(static_cast<size_t>(*Numel(spec.shape)));
  const RandomStream stream(seed, spec.name);
  switch (init.kind) {
    case InitKind::kConstant:
      std::ranges::fill(values, static_cast<float>(init.value));
      break;
    case InitKind::kNormal:
      Fill(std::span(values), [&](size_t i) {
        return init.value * NormalQuantile(stream.Uniform(i));
      });
      break;
    case InitKind::kTruncNormal:
      FillTruncNormal(stream, init.value, init.bound, values);
      break;
    case InitKind::kUniform:
      Fill(std::span(values),
           [&](size_t i) { return (2 * stream.Uniform(i) - 1) * init.bound; });
      break;
    case InitKind::kSinCos:
      FillSinCos(init, spec.shape, values);
      break;
    case InitKind::kGluWeight:
      FillGluWeight(init, spec, seed, values);
      break;
    case InitKind::kGluBias:  // of what gates 1, of the rest 0
      std::fill(values.begin() + static_cast<int64_t>(values.size() / 2),
                values.end(), 1.0F);
      break;
    case InitKind::kRopeFreqs:
      FillRopeFreqs(stream, init.value, spec.shape, values);
      break;
    case InitKind::kMimeticQkv:
    case InitKind::kMimeticProj:
      throw std::logic_error("a mimetic tensor is drawn by nn::Draw");
  }
  return values;
}

}  // namespace wsel::model
