#include "wsel/image/geometry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "affine_rows.h"

namespace wsel::image {
namespace {

// For values that fit an int; std::floor is a function call without SSE4.1.
int Floor(double value) {
  const int cut = static_cast<int>(value);
  return value < cut ? cut - 1 : cut;
}

// A point in the source, relative to pixel (x, y): dx and dy in [0, 1).
struct SourcePoint {
  int x;
  int y;
  double dx;
  double dy;
};

double Lerp(int a, int b, double d) { return a + (b - a) * d; }

void Bilinear(const Image& image, const SourcePoint& point, uint8_t* out) {
  // Pixels outside repeat the border.
  const int last_column = image.width() - 1;
  const int columns[] = {std::clamp(point.x, 0, last_column) * 3,
                         std::clamp(point.x + 1, 0, last_column) * 3};
  const int last = image.height() - 1;
  const uint8_t* upper = image.Row(std::clamp(point.y, 0, last));
  const bool has_lower = point.y + 1 <= last;
  const uint8_t* lower = has_lower ? image.Row(point.y + 1) : upper;
  for (int c = 0; c < 3; ++c) {
    const int left = columns[0] + c;
    const int right = columns[1] + c;
    const double above = Lerp(upper[left], upper[right], point.dx);
    const double below = Lerp(lower[left], lower[right], point.dx);
    out[c] = static_cast<uint8_t>(above + (below - above) * point.dy);
  }
}

Image TransformLinear(const Image& image, Image out, const AffineMatrix& m) {
  for (int y = 0; y < out.height(); ++y) {
    uint8_t* to = out.Row(y);
    for (int x = 0; x < out.width(); ++x, to += 3) {
      const double cx = x + 0.5;
      const double cy = y + 0.5;
      double u = m[0] * cx + m[1] * cy + m[2];
      double v = m[3] * cx + m[4] * cy + m[5];
      // Written so that NaN is outside.
      if (!(u >= 0 && u < image.width() && v >= 0 && v < image.height())) {
        continue;
      }
      u -= 0.5;
      v -= 0.5;
      const int left = Floor(u);
      const int top = Floor(v);
      Bilinear(image, {left, top, u - left, v - top}, to);
    }
  }
  return out;
}

// `turns` quarter turns counter-clockwise: 2 for any image, 1 or 3 for squares.
Image QuarterTurns(const Image& image, int turns) {
  const int width = image.width();
  const int height = image.height();
  Image out(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int from_x = turns == 1   ? width - 1 - y
                         : turns == 2 ? width - 1 - x
                                      : y;
      const int from_y = turns == 1   ? x
                         : turns == 2 ? height - 1 - y
                                      : height - 1 - x;
      std::copy_n(image.Row(from_y) + size_t{3} * from_x, 3,
                  out.Row(y) + size_t{3} * x);
    }
  }
  return out;
}

// To 15 decimals, as Python's round(). Exact, because it goes through text: a
// rotation by 30 degrees has the same last bit.
double RoundTo15(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, 15);
  std::from_chars(text.data(), end.ptr, value);
  return value;
}

AffineMatrix Rotation(const Image& image, double degrees) {
  const double angle = -(degrees * (M_PI / 180));
  const double cosine = RoundTo15(std::cos(angle));
  const double sine = RoundTo15(std::sin(angle));
  const double cx = image.width() / 2.0;
  const double cy = image.height() / 2.0;
  return {cosine, sine,   cosine * -cx + sine * -cy + 0.0 + cx,
          -sine,  cosine, -sine * -cx + cosine * -cy + 0.0 + cy};
}

}  // namespace

Image FlipHorizontal(const Image& image) {
  Image out(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) {
    const uint8_t* from = image.Row(y) + image.stride();
    uint8_t* to = out.Row(y);
    for (int x = 0; x < image.width(); ++x, to += 3) {
      from -= 3;
      std::copy_n(from, 3, to);
    }
  }
  return out;
}

Image FlipVertical(const Image& image) {
  Image out(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) {
    std::copy_n(image.Row(image.height() - 1 - y), image.stride(), out.Row(y));
  }
  return out;
}

Image Crop(const Image& image, int left, int top, int width, int height,
           Rgb fill) {
  Image out(width, height, fill);
  // In 64 bits, so that offsets near the limits of int do not overflow.
  const int64_t x0 = std::max<int64_t>(left, 0);
  const int64_t x1 = std::min<int64_t>(int64_t{left} + width, image.width());
  const int64_t y0 = std::max<int64_t>(top, 0);
  const int64_t y1 = std::min<int64_t>(int64_t{top} + height, image.height());
  if (x0 >= x1) return out;
  for (int64_t y = y0; y < y1; ++y) {
    std::copy_n(image.Row(static_cast<int>(y)) + x0 * 3, (x1 - x0) * 3,
                out.Row(static_cast<int>(y - top)) + (x0 - left) * 3);
  }
  return out;
}

Image Transform(const Image& image, int width, int height,
                const AffineMatrix& matrix, Interpolation interpolation,
                Rgb fill) {
  Image out(width, height, fill);
  if (interpolation == Interpolation::kNearest) {
    return TransformNearest(image, std::move(out), matrix);
  }
  if (interpolation == Interpolation::kBilinear) {
    return TransformLinear(image, std::move(out), matrix);
  }
  return TransformCubic(image, std::move(out), matrix);
}

Image Rotate(const Image& image, double degrees, Interpolation interpolation,
             Rgb fill) {
  // Python's %: the remainder has the sign of the divisor.
  double turn = std::fmod(degrees, 360);
  if (turn < 0) turn += 360;
  if (turn == 0) return image;
  if (turn == 180) return QuarterTurns(image, 2);
  if ((turn == 90 || turn == 270) && image.width() == image.height()) {
    return QuarterTurns(image, turn == 90 ? 1 : 3);
  }
  return Transform(image, image.width(), image.height(), Rotation(image, turn),
                   interpolation, fill);
}

}  // namespace wsel::image
