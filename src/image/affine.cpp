#include "wsel/image/affine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "nearest.h"

namespace wsel::image {
namespace {

// Of what fits an int. Without SSE4.1, std::floor is a call.
int Floor(double value) {
  const int cut = static_cast<int>(value);
  return value < cut ? cut - 1 : cut;
}

// A point in the source, relative to pixel (x, y): dx and dy in [0, 1).
struct Place {
  int x;
  int y;
  double dx;
  double dy;
};

// Pixels that lie outside repeat those of the border.
struct Columns {
  Columns(const Image& image, int first, int count) {
    for (int i = 0; i < count; ++i) {
      at[i] = std::clamp(first + i, 0, image.width() - 1) * 3;
    }
  }
  int at[4];
};

double Between(int a, int b, double d) { return a + (b - a) * d; }

void Bilinear(const Image& image, const Place& place, uint8_t* out) {
  const Columns columns(image, place.x, 2);
  const int last = image.height() - 1;
  const uint8_t* upper = image.Row(std::clamp(place.y, 0, last));
  const bool has_lower = place.y + 1 <= last;
  const uint8_t* lower = has_lower ? image.Row(place.y + 1) : upper;
  for (int c = 0; c < 3; ++c) {
    const int left = columns.at[0] + c;
    const int right = columns.at[1] + c;
    const double above = Between(upper[left], upper[right], place.dx);
    const double below = Between(lower[left], lower[right], place.dx);
    out[c] = static_cast<uint8_t>(above + (below - above) * place.dy);
  }
}

// Through four points, the second of which is at d = 0. Its order of operations
// is part of the result. Differences of bytes are exact as int.
template <typename T>
double CubicThrough(T v1, T v2, T v3, T v4, double d) {
  const T p2 = -v1 + v3;
  const T p3 = 2 * (v1 - v2) + v3 - v4;
  const T p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (p2 + d * (p3 + d * p4));
}

// Where the four rows around a point begin. Outside, a row repeats the one
// before; the first is the nearest.
struct Rows {
  Rows(const Image& image, int first) {
    at[0] = image.Row(std::clamp(first, 0, image.height() - 1));
    for (int i = 1; i < 4; ++i) {
      const bool inside = first + i >= 0 && first + i < image.height();
      at[i] = inside ? image.Row(first + i) : at[i - 1];
    }
  }
  const uint8_t* at[4];
};

// The 4 x 4 pixels around a point, gathered so that the arithmetic is one loop
// for the compiler to vectorise: lane [column][4 row + channel]; the fourth
// channel is anything.
using Points = std::array<std::array<int, 16>, 4>;

void GatherInside(const uint8_t* corner, size_t stride, Points& points) {
  for (int row = 0; row < 4; ++row, corner += stride) {
    for (int column = 0; column < 4; ++column) {
      for (int c = 0; c < 4; ++c) {
        points[column][row * 4 + c] = corner[column * 3 + c];
      }
    }
  }
}

void GatherAtBorder(const Image& image, int left, int top, Points& points) {
  const Columns columns(image, left, 4);
  const Rows rows(image, top);
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 4; ++column) {
      for (int c = 0; c < 3; ++c) {
        points[column][row * 4 + c] = rows.at[row][columns.at[column] + c];
      }
    }
  }
}

void Bicubic(const Image& image, const Place& place, uint8_t* out) {
  const int left = place.x - 1;
  const int top = place.y - 1;
  Points points = {};
  // One pixel more to the right, for the fourth channel of the last.
  if (left >= 0 && left + 4 < image.width() && top >= 0 &&
      top + 3 < image.height()) {
    GatherInside(image.Row(top) + size_t{3} * left, image.stride(), points);
  } else {
    GatherAtBorder(image, left, top, points);
  }
  std::array<double, 16> across;
  for (int i = 0; i < 16; ++i) {
    across[i] = CubicThrough(points[0][i], points[1][i], points[2][i],
                             points[3][i], place.dx);
  }
  for (int c = 0; c < 3; ++c) {
    const double value = CubicThrough(across[c], across[4 + c], across[8 + c],
                                      across[12 + c], place.dy);
    out[c] = static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
  }
}

Image Interpolate(const Image& image, Image out, const AffineMatrix& m,
                  Interpolation interpolation) {
  const bool cubic = interpolation == Interpolation::kBicubic;
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
      const Place place{left, top, u - left, v - top};
      cubic ? Bicubic(image, place, to) : Bilinear(image, place, to);
    }
  }
  return out;
}

// A quarter turn counter-clockwise, `turns` times, of a square; half turns of
// any picture.
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

// To 15 decimals, as Python's round(): exact, by way of text, so that a turn by
// 30 degrees has the same last bit.
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

Image Transform(const Image& image, int width, int height,
                const AffineMatrix& matrix, Interpolation interpolation,
                Rgb fill) {
  Image out(width, height, fill);
  if (interpolation == Interpolation::kNearest) {
    return TransformNearest(image, std::move(out), matrix);
  }
  return Interpolate(image, std::move(out), matrix, interpolation);
}

Image Rotate(const Image& image, double degrees, Interpolation interpolation,
             Rgb fill) {
  // Python's %: the rest has the sign of the divisor.
  double rest = std::fmod(degrees, 360);
  if (rest < 0) rest += 360;
  if (rest == 0) return image;
  if (rest == 180) return QuarterTurns(image, 2);
  if ((rest == 90 || rest == 270) && image.width() == image.height()) {
    return QuarterTurns(image, rest == 90 ? 1 : 3);
  }
  return Transform(image, image.width(), image.height(), Rotation(image, rest),
                   interpolation, fill);
}

}  // namespace wsel::image
