#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "wsel/core/check.h"
#include "wsel/image/color.h"

namespace wsel::image {
namespace {

struct Hsv {
  uint8_t hue = 0;  // 255 is nearly a turn
  uint8_t saturation = 0;
  uint8_t value = 0;
};

uint8_t Byte(double value) {
  return static_cast<uint8_t>(std::clamp(static_cast<int>(value), 0, 255));
}

// Both conversions keep Pillow's mixture of single and double precision, which
// decides roundings.
Hsv HsvOf(const uint8_t* rgb) {
  const int highest = std::max({rgb[0], rgb[1], rgb[2]});
  const int lowest = std::min({rgb[0], rgb[1], rgb[2]});
  const auto value = static_cast<uint8_t>(highest);
  if (highest == lowest) return {0, 0, value};
  const auto range = static_cast<float>(highest - lowest);
  const float saturation = range / static_cast<float>(highest);
  const auto below = [&](int channel) {
    return static_cast<float>(highest - rgb[channel]) / range;
  };
  float hue = 0;
  if (rgb[0] == highest) {
    hue = below(2) - below(1);
  } else if (rgb[1] == highest) {
    hue = static_cast<float>(2.0 + below(0) - below(2));
  } else {
    hue = static_cast<float>(4.0 + below(1) - below(0));
  }
  hue = static_cast<float>(std::fmod(hue / 6.0 + 1.0, 1.0));
  return {Byte(hue * 255.0), Byte(saturation * 255.0), value};
}

void WriteRgb(const Hsv& hsv, uint8_t* rgb) {
  const uint8_t v = hsv.value;
  if (hsv.saturation == 0) {
    rgb[0] = rgb[1] = rgb[2] = v;
    return;
  }
  const double sixths = static_cast<float>(hsv.hue) * 6.0 / 255.0;
  const int sector = static_cast<int>(std::floor(sixths));
  const auto within = static_cast<float>(sixths - static_cast<float>(sector));
  const auto saturation =
      static_cast<float>(static_cast<float>(hsv.saturation) / 255.0);
  const uint8_t p = Byte(std::round(v * (1.0 - saturation)));
  const uint8_t q = Byte(std::round(v * (1.0 - saturation * within)));
  const uint8_t t = Byte(std::round(v * (1.0 - saturation * (1.0 - within))));
  const std::array<std::array<uint8_t, 3>, 6> sectors = {
      {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}};
  std::ranges::copy(sectors[static_cast<size_t>(sector % 6)], rgb);
}

}  // namespace

Image ShiftHue(const Image& image, double turns) {
  CheckRealBetween("hue", turns, -0.5, 0.5);
  Image out(image.width(), image.height());
  // Wraps around, as a hue does.
  const auto shift = static_cast<uint8_t>(static_cast<int32_t>(turns * 255));
  const uint8_t* from = image.bytes().data();
  uint8_t* to = out.bytes().data();
  for (size_t i = 0; i + 2 < image.bytes().size(); i += 3) {
    Hsv hsv = HsvOf(from + i);
    hsv.hue = static_cast<uint8_t>(hsv.hue + shift);
    WriteRgb(hsv, to + i);
  }
  return out;
}

}  // namespace wsel::image
