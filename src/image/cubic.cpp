#include "cubic.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "wsel/image/vector_clones.h"

namespace wsel::image {
namespace {

// Through four points, the second of which is at d = 0. Its order of operations
// is part of the result. Differences of bytes are exact as int.
template <typename T>
inline double CubicThrough(T v1, T v2, T v3, T v4, double d) {
  const T p2 = -v1 + v3;
  const T p3 = 2 * (v1 - v2) + v3 - v4;
  const T p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (p2 + d * (p3 + d * p4));
}

inline uint8_t ToByte(double value) {
  return static_cast<uint8_t>(std::clamp(static_cast<int>(value), 0, 255));
}

// A coordinate's points in the source for a row of pixels, and how far between
// pixels they lie: d in [0, 1).
struct Axis {
  explicit Axis(int width) : at(width), d(width) {}
  std::vector<int> at;
  std::vector<double> d;
};

// Of pixels first ... end - 1, all inside, so that points fit an int. True
// where a point lies between pixels. Without SSE4.1 std::floor is a call.
WSEL_VECTOR_CLONES
bool Place(const double* m, double cy, int first, int end, int* at, double* d) {
  int between = 0;
  for (int x = first; x < end; ++x) {
    const double value = m[0] * (x + 0.5) + m[1] * cy + m[2] - 0.5;
    const int cut = static_cast<int>(value);
    const int floor = cut - (value < cut ? 1 : 0);
    at[x] = floor;
    d[x] = value - floor;
    between |= d[x] != 0 ? 1 : 0;
  }
  return between != 0;
}

// `length` results from four points each, `d` for each.
WSEL_VECTOR_CLONES
void ThroughFour(const uint8_t* a, const uint8_t* b, const uint8_t* c,
                 const uint8_t* e, const double* d, int length, uint8_t* out) {
  for (int i = 0; i < length; ++i) {
    out[i] =
        ToByte(CubicThrough(int{a[i]}, int{b[i]}, int{c[i]}, int{e[i]}, d[i]));
  }
}

// The same, to be gone on with.
WSEL_VECTOR_CLONES
void AcrossFour(const uint8_t* a, const uint8_t* b, const uint8_t* c,
                const uint8_t* e, const double* d, int length, double* out) {
  for (int i = 0; i < length; ++i) {
    out[i] = CubicThrough(int{a[i]}, int{b[i]}, int{c[i]}, int{e[i]}, d[i]);
  }
}

WSEL_VECTOR_CLONES
void DownFour(const double* a, const double* b, const double* c,
              const double* e, const double* d, int length, uint8_t* out) {
  for (int i = 0; i < length; ++i) {
    out[i] = ToByte(CubicThrough(a[i], b[i], c[i], e[i], d[i]));
  }
}

// Makes a row of results at a time. The points around its pixels are gathered
// into planes, one for each place in the 4 x 4, so that the arithmetic is loops
// over rows of bytes. Where all points lie on rows or columns of the source, as
// for shifts and slants along an axis, polynomials at d = 0 are their second
// point, and four planes do.
class CubicRows {
 public:
  CubicRows(const Image& image, const AffineMatrix& matrix, int width)
      : image_(image), m_(matrix), width_(width), x_(width), y_(width) {
    for (auto& plane : planes_) plane.resize(size_t{3} * width + 1);
    for (auto& row : across_) row.resize(size_t{3} * width);
    d_.resize(size_t{3} * width);
  }

  void Make(int y, uint8_t* out) {
    const double cy = y + 0.5;
    // What is inside is one stretch: coordinates grow or fall along a row, and
    // their rounding keeps that.
    int first = 0;
    while (first < width_ && !Inside(first, cy)) ++first;
    int end = width_;
    while (end > first && !Inside(end - 1, cy)) --end;
    if (first == end) return;
    const bool between_columns =
        Place(m_.data(), cy, first, end, x_.at.data(), x_.d.data());
    const bool between_rows =
        Place(m_.data() + 3, cy, first, end, y_.at.data(), y_.d.data());
    out += size_t{3} * first;
    const int length = 3 * (end - first);
    if (!between_rows) {
      Gather(first, end, 0, 1, true);
      Spread(x_.d, first, end);
      ThroughFour(planes_[0].data(), planes_[1].data(), planes_[2].data(),
                  planes_[3].data(), d_.data(), length, out);
    } else if (!between_columns) {
      for (int row = 0; row < 4; ++row) Gather(first, end, row, row, false);
      Spread(y_.d, first, end);
      ThroughFour(planes_[0].data(), planes_[1].data(), planes_[2].data(),
                  planes_[3].data(), d_.data(), length, out);
    } else {
      Spread(x_.d, first, end);
      for (int row = 0; row < 4; ++row) {
        Gather(first, end, 0, row, true);
        AcrossFour(planes_[0].data(), planes_[1].data(), planes_[2].data(),
                   planes_[3].data(), d_.data(), length, across_[row].data());
      }
      Spread(y_.d, first, end);
      DownFour(across_[0].data(), across_[1].data(), across_[2].data(),
               across_[3].data(), d_.data(), length, out);
    }
  }

 private:
  // Written so that NaN is outside.
  bool Inside(int x, double cy) const {
    const double cx = x + 0.5;
    const double u = m_[0] * cx + m_[1] * cy + m_[2];
    const double v = m_[3] * cx + m_[4] * cy + m_[5];
    return u >= 0 && u < image_.width() && v >= 0 && v < image_.height();
  }

  // Row `row` of the 4 x 4. Outside, a row repeats that of the border.
  const uint8_t* RowAt(int x, int row) const {
    return image_.Row(std::clamp(y_.at[x] - 1 + row, 0, image_.height() - 1));
  }

  // Row `row` of the points: its four columns into planes 0 ... 3, or its
  // second into `plane`.
  void Gather(int first, int end, int plane, int row, bool columns) {
    // Pixels are copied as four bytes, so one more must follow.
    const int last = image_.width() - 2;
    for (int x = first; x < end; ++x) {
      const uint8_t* from = RowAt(x, row);
      const int column = x_.at[x] - 1;
      const size_t to = size_t{3} * (x - first);
      if (!columns) {
        std::copy_n(from + size_t{3} * (column + 1), 3, &planes_[plane][to]);
      } else if (column >= 0 && column + 3 <= last) {
        from += size_t{3} * column;
        for (int i = 0; i < 4; ++i)
          std::memcpy(&planes_[i][to], from + 3 * i, 4);
      } else {
        for (int i = 0; i < 4; ++i) {
          const int inside = std::clamp(column + i, 0, image_.width() - 1);
          std::copy_n(from + size_t{3} * inside, 3, &planes_[i][to]);
        }
      }
    }
  }

  // One for each byte.
  void Spread(const std::vector<double>& d, int first, int end) {
    double* to = d_.data();
    for (int x = first; x < end; ++x, to += 3) to[0] = to[1] = to[2] = d[x];
  }

  const Image& image_;
  const AffineMatrix& m_;
  int width_;
  Axis x_;
  Axis y_;
  std::array<std::vector<uint8_t>, 4> planes_;
  std::array<std::vector<double>, 4> across_;
  std::vector<double> d_;
};

}  // namespace

Image TransformCubic(const Image& image, Image out,
                     const AffineMatrix& matrix) {
  CubicRows rows(image, matrix, out.width());
  for (int y = 0; y < out.height(); ++y) rows.Make(y, out.Row(y));
  return out;
}

}  // namespace wsel::image
