#include "wsel/image/blur.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wsel/core/check.h"

namespace wsel::image {
namespace {

constexpr int kPasses = 3;

// A box of 2 radius + 1 pixels and a part of the pixel at either end. Weights
// are in 24-bit fixed point.
struct Box {
  int radius = 0;
  uint32_t weight = 0;
  uint32_t end_weight = 0;
};

// The half width of boxes: `kPasses` convolutions by them have the standard
// deviation `sigma`. In single precision where Pillow is. Source: Gwosdek et
// al., "Theoretical foundations of Gaussian convolution by extended box
// filtering", SSVM 2011.
float HalfWidth(float sigma) {
  const float variance = sigma * sigma / kPasses;
  const auto length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const auto whole = static_cast<float>(std::floor((length - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  return whole + part;
}

Box BoxOf(float half_width) {
  constexpr uint32_t kOne = uint32_t{1} << 24;
  Box box;
  box.radius = static_cast<int>(half_width);
  box.weight =
      static_cast<uint32_t>(static_cast<float>(kOne) / (half_width * 2 + 1));
  const auto whole = static_cast<uint32_t>(2 * box.radius + 1);
  box.end_weight = (kOne - whole * box.weight) / 2;
  return box;
}

// `line` and `out` have `count` RGB pixels.
void BlurLine(const uint8_t* line, int count, const Box& box, uint8_t* out) {
  for (size_t c = 0; c < 3; ++c) {
    const auto at = [&](int x) {
      return uint32_t{
          line[3 * static_cast<size_t>(std::clamp(x, 0, count - 1)) + c]};
    };
    uint32_t sum = 0;  // of the whole pixels around x
    for (int x = -box.radius; x <= box.radius; ++x) sum += at(x);
    for (int x = 0; x < count; ++x) {
      const uint32_t entering = at(x + box.radius + 1);
      const uint32_t ends = at(x - box.radius - 1) + entering;
      const uint32_t mean = sum * box.weight + ends * box.end_weight;
      out[3 * static_cast<size_t>(x) + c] =
          static_cast<uint8_t>((mean + (uint32_t{1} << 23)) >> 24);
      sum += entering - at(x - box.radius);
    }
  }
}

// Blurs the line that begins at `first`, with pixels `step` bytes apart.
void BlurInPlace(uint8_t* first, size_t step, int count, const Box& box,
                 std::vector<uint8_t>& line, std::vector<uint8_t>& blurred) {
  const auto pixels = static_cast<size_t>(count);
  line.resize(3 * pixels);
  blurred.resize(3 * pixels);
  for (size_t i = 0; i < pixels; ++i) {
    std::copy_n(first + i * step, 3, line.data() + 3 * i);
  }
  for (int pass = 0; pass < kPasses; ++pass) {
    BlurLine(line.data(), count, box, blurred.data());
    line.swap(blurred);
  }
  for (size_t i = 0; i < pixels; ++i) {
    std::copy_n(line.data() + 3 * i, 3, first + i * step);
  }
}

}  // namespace

Image GaussianBlur(const Image& image, double radius) {
  CheckRealBetween("blur radius", radius, 0, 1000);
  Image out = image;
  const float half_width = HalfWidth(static_cast<float>(radius));
  if (half_width == 0 || out.bytes().empty()) return out;
  const Box box = BoxOf(half_width);
  std::vector<uint8_t> line;
  std::vector<uint8_t> blurred;
  for (int y = 0; y < out.height(); ++y) {
    BlurInPlace(out.Row(y), 3, out.width(), box, line, blurred);
  }
  for (int x = 0; x < out.width(); ++x) {
    BlurInPlace(out.Row(0) + size_t{3} * static_cast<size_t>(x), out.stride(),
                out.height(), box, line, blurred);
  }
  return out;
}

}  // namespace wsel::image
