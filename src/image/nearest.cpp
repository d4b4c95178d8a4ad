#include <algorithm>
#include <cmath>

#include "affine_rows.h"

namespace wsel::image {
namespace {

// The pixel at `value`, or -1 if outside. Compares first: values outside need
// not fit an int.
int PixelAt(double value, int size) {
  return value >= 0 && value < size ? static_cast<int>(value) : -1;
}

void CopyPixel(const Image& image, int x, int y, uint8_t* to) {
  std::copy_n(image.Row(y) + static_cast<size_t>(x) * 3, 3, to);
}

// Without rotation or shear: columns and rows map independently.
void Scale(const Image& image, Image& out, const AffineMatrix& m) {
  std::vector<int> columns(out.width());
  double u = m[2] + m[0] * 0.5;
  for (int& column : columns) {
    column = PixelAt(u, image.width());
    u += m[0];
  }
  double v = m[5] + m[4] * 0.5;
  for (int y = 0; y < out.height(); ++y, v += m[4]) {
    const int row = PixelAt(v, image.height());
    if (row < 0) continue;
    for (int x = 0; x < out.width(); ++x) {
      if (columns[x] >= 0) {
        CopyPixel(image, columns[x], row, out.Row(y) + size_t{3} * x);
      }
    }
  }
}

// Whether all corners fit 16.16 fixed point.
bool FitsFixedPoint(const Image& out, const AffineMatrix& m) {
  for (const int x : {0, out.width()}) {
    for (const int y : {0, out.height()}) {
      if (!(std::abs(x * m[0] + y * m[1] + m[2]) < 32768 &&
            std::abs(x * m[3] + y * m[4] + m[5]) < 32768)) {
        return false;
      }
    }
  }
  return true;
}

// In 64 bits, which cannot overflow if Pillow's 32 bits do not.
int64_t ToFixed(double value) {
  return static_cast<int64_t>(std::floor(value * 65536 + 0.5));
}

// The same in 16.16 fixed point.
int PixelAt(int64_t value, int size) {
  const int64_t pixel = value >> 16;
  return pixel >= 0 && pixel < size ? static_cast<int>(pixel) : -1;
}

// `m` as in Transform, but m[2] and m[5] are the first pixel's source point.
template <typename T>
void StepAlongRows(const Image& image, Image& out, const std::array<T, 6>& m) {
  T row_u = m[2];
  T row_v = m[5];
  for (int y = 0; y < out.height(); ++y, row_u += m[1], row_v += m[4]) {
    T u = row_u;
    T v = row_v;
    for (int x = 0; x < out.width(); ++x, u += m[0], v += m[3]) {
      const int from_x = PixelAt(u, image.width());
      const int from_y = PixelAt(v, image.height());
      if (from_x >= 0 && from_y >= 0) {
        CopyPixel(image, from_x, from_y, out.Row(y) + size_t{3} * x);
      }
    }
  }
}

}  // namespace

Image TransformNearest(const Image& image, Image out, const AffineMatrix& m) {
  if (m[1] == 0 && m[3] == 0) {
    Scale(image, out, m);
  } else if (FitsFixedPoint(out, m)) {
    StepAlongRows<int64_t>(
        image, out,
        {ToFixed(m[0]), ToFixed(m[1]), ToFixed(m[2] + m[0] * 0.5 + m[1] * 0.5),
         ToFixed(m[3]), ToFixed(m[4]),
         ToFixed(m[5] + m[3] * 0.5 + m[4] * 0.5)});
  } else {
    StepAlongRows<double>(image, out,
                          {m[0], m[1], m[2] + m[1] * 0.5 + m[0] * 0.5, m[3],
                           m[4], m[5] + m[4] * 0.5 + m[3] * 0.5});
  }
  return out;
}

}  // namespace wsel::image
