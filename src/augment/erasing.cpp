#include "wsel/augment/erasing.h"

#include <cmath>

#include "normal_noise.h"
#include "sample_stream.h"

namespace wsel::augment {

std::optional<ErasedRect> DrawErasing(const ErasingOptions& options,
                                      const HeightWidth& img_size,
                                      const SampleAddress& address) {
  constexpr uint64_t kAttempts = 10;
  const auto stream = SampleStream(address, "erasing");
  if (stream.Uniform(0) >= options.probability) return std::nullopt;
  const auto img_height = static_cast<int>(img_size.height);
  const auto img_width = static_cast<int>(img_size.width);
  const double area = static_cast<double>(img_size.Area());
  const double log_aspect = std::log(options.min_aspect);
  for (uint64_t at = 1; at < 1 + 4 * kAttempts; at += 4) {
    const double erased_area =
        area * UniformIn(stream, at, options.min_area, options.max_area);
    const double aspect =
        std::exp(UniformIn(stream, at + 1, log_aspect, -log_aspect));
    // Rounds half to even, as Python's round().
    const int height =
        static_cast<int>(std::nearbyint(std::sqrt(erased_area * aspect)));
    const int width =
        static_cast<int>(std::nearbyint(std::sqrt(erased_area / aspect)));
    if (width >= img_width || height >= img_height) continue;
    if (width == 0 || height == 0) return std::nullopt;
    return ErasedRect{UpTo(stream, at + 2, img_height - height),
                      UpTo(stream, at + 3, img_width - width), height, width};
  }
  return std::nullopt;
}

std::vector<float> ErasingNoise(const ErasedRect& rect,
                                const SampleAddress& address, int channels) {
  const auto stream = SampleStream(address, "erasing.noise");
  constexpr uint64_t kWords = uint64_t{1} << 32;
  std::vector<float> noise(static_cast<size_t>(channels) * rect.height *
                           rect.width);
  FillNormal({static_cast<uint32_t>(stream.Below(0, kWords)),
              static_cast<uint32_t>(stream.Below(1, kWords))},
             noise);
  return noise;
}

}  // namespace wsel::augment
