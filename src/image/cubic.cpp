#include <algorithm>
#include <array>
#include <cstring>

#include "affine_rows.h"
#include "wsel/image/vector_clones.h"

namespace wsel::image {
namespace {

// The cubic through four points, the second of which is at d = 0. The result
// depends on the order of operations. Differences of bytes are exact as int.
template <typename T>
inline double Cubic(T v1, T v2, T v3, T v4, double d) {
  const T p2 = -v1 + v3;
  const T p3 = 2 * (v1 - v2) + v3 - v4;
  const T p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (p2 + d * (p3 + d * p4));
}

inline uint8_t ToByte(double value) {
  return static_cast<uint8_t>(std::clamp(static_cast<int>(value), 0, 255));
}

// One coordinate of the source points of a row of pixels: whole pixels and the
// fraction d in [0, 1).
struct Coordinates {
  explicit Coordinates(int width) : at(width), d(width) {}
  std::vector<int> at;
  std::vector<double> d;
};

// Computes `at` and `d` of pixels first ... end - 1, which are all inside, so
// that they fit an int. True if any fraction is not 0. std::floor is a function
// call without SSE4.1.
WSEL_VECTOR_CLONES
bool ComputeCoordinates(const double* m, double cy, int first, int end, int* at,
                        double* d) {
  int fractional = 0;
  for (int x = first; x < end; ++x) {
    const double value = m[0] * (x + 0.5) + m[1] * cy + m[2] - 0.5;
    const int cut = static_cast<int>(value);
    const int floor = cut - (value < cut ? 1 : 0);
    at[x] = floor;
    d[x] = value - floor;
    fractional |= d[x] != 0 ? 1 : 0;
  }
  return fractional != 0;
}

// Interpolates `length` bytes from four planes, each with its own `d`.
WSEL_VECTOR_CLONES
void InterpolateToBytes(const uint8_t* a, const uint8_t* b, const uint8_t* c,
                        const uint8_t* e, const double* d, int length,
                        uint8_t* out) {
  for (int i = 0; i < length; ++i) {
    out[i] = ToByte(Cubic(int{a[i]}, int{b[i]}, int{c[i]}, int{e[i]}, d[i]));
  }
}

// The same without rounding, for the pass along rows.
WSEL_VECTOR_CLONES
void InterpolateRows(const uint8_t* a, const uint8_t* b, const uint8_t* c,
                     const uint8_t* e, const double* d, int length,
                     double* out) {
  for (int i = 0; i < length; ++i) {
    out[i] = Cubic(int{a[i]}, int{b[i]}, int{c[i]}, int{e[i]}, d[i]);
  }
}

WSEL_VECTOR_CLONES
void InterpolateColumns(const double* a, const double* b, const double* c,
                        const double* e, const double* d, int length,
                        uint8_t* out) {
  for (int i = 0; i < length; ++i) {
    out[i] = ToByte(Cubic(a[i], b[i], c[i], e[i], d[i]));
  }
}

// Copies `count` pixels. Short runs copy four bytes per pixel, the last of
// which the next pixel overwrites: that is cheaper than a call of memcpy.
void CopyPixels(const uint8_t* from, int count, uint8_t* to) {
  if (count > 16) {
    std::memcpy(to, from, size_t{3} * count);
    return;
  }
  for (; count > 1; --count, from += 3, to += 3) std::memcpy(to, from, 4);
  std::copy_n(from, 3, to);
}

// Transforms one row at a time. The 4 x 4 neighbours of its source points are
// gathered into 16 planes, so that the arithmetic is loops over rows of bytes.
// If all points lie on rows or on columns of the source, as for shifts and
// shears along an axis, the cubics across have d = 0 and equal their second
// point, so four planes suffice.
class RowTransform {
 public:
  RowTransform(const Image& image, const AffineMatrix& matrix, int width)
      : image_(image),
        m_(matrix),
        width_(width),
        x_(width),
        y_(width),
        d_(size_t{3} * width) {
    // One byte more, since copies take four.
    for (auto& plane : planes_) plane.resize(size_t{3} * width + 1);
    for (auto& row : across_) row.resize(size_t{3} * width);
  }

  void Transform(int y, uint8_t* out) {
    const double cy = y + 0.5;
    // The pixels inside are contiguous: coordinates are monotonic along a row,
    // also after rounding.
    first_ = 0;
    while (first_ < width_ && !Inside(first_, cy)) ++first_;
    end_ = width_;
    while (end_ > first_ && !Inside(end_ - 1, cy)) --end_;
    if (first_ == end_) return;
    const bool between_columns = ComputeCoordinates(m_.data(), cy, first_, end_,
                                                    x_.at.data(), x_.d.data());
    const bool between_rows = ComputeCoordinates(
        m_.data() + 3, cy, first_, end_, y_.at.data(), y_.d.data());
    out += size_t{3} * first_;
    if (between_rows && between_columns) {
      TransformInBoth(out);
    } else {
      GatherRuns(between_rows);
      SetFractions(between_rows ? y_.d : x_.d);
      InterpolateToBytes(planes_[0].data(), planes_[1].data(),
                         planes_[2].data(), planes_[3].data(), d_.data(),
                         3 * (end_ - first_), out);
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

  void TransformInBoth(uint8_t* out) {
    const int length = 3 * (end_ - first_);
    for (int x = first_; x < end_; ++x) GatherSquare(x);
    SetFractions(x_.d);
    for (size_t row = 0; row < 4; ++row) {
      const auto* planes = &planes_[4 * row];
      InterpolateRows(planes[0].data(), planes[1].data(), planes[2].data(),
                      planes[3].data(), d_.data(), length, across_[row].data());
    }
    SetFractions(y_.d);
    InterpolateColumns(across_[0].data(), across_[1].data(), across_[2].data(),
                       across_[3].data(), d_.data(), length, out);
  }

  // Pixels outside repeat the border.
  const uint8_t* Pixel(int column, int row) const {
    return image_.Row(std::clamp(row, 0, image_.height() - 1)) +
           size_t{3} * std::clamp(column, 0, image_.width() - 1);
  }

  // Gathers the 4 x 4 neighbours of output `x`, row by row.
  void GatherSquare(int x) {
    const int left = x_.at[x] - 1;
    const int top = y_.at[x] - 1;
    const size_t to = size_t{3} * (x - first_);
    // One pixel more to the right, since copies take four bytes.
    if (left >= 0 && left + 4 < image_.width() && top >= 0 &&
        top + 3 < image_.height()) {
      const uint8_t* from = image_.Row(top) + size_t{3} * left;
      for (size_t row = 0; row < 4; ++row, from += image_.stride()) {
        for (size_t i = 0; i < 4; ++i) {
          std::memcpy(&planes_[4 * row + i][to], from + 3 * i, 4);
        }
      }
      return;
    }
    for (int i = 0; i < 16; ++i) {
      std::copy_n(Pixel(left + i % 4, top + i / 4), 3, &planes_[i][to]);
    }
  }

  // Gathers the four neighbours of each output along one axis. Outputs with
  // adjacent source pixels are copied as one run.
  void GatherRuns(bool down) {
    for (int x = first_; x < end_;) {
      const int end = EndOfRun(x, down);
      const size_t to = size_t{3} * (x - first_);
      for (int i = 0; i < 4; ++i) {
        const int column = x_.at[x] + (down ? 0 : i - 1);
        const int row = y_.at[x] + (down ? i - 1 : 0);
        CopyPixels(Pixel(column, row), end - x, &planes_[i][to]);
      }
      x = end;
    }
  }

  // The end of the run that starts at output `x`. Along rows, points next to
  // the border are copied pixel by pixel.
  int EndOfRun(int x, bool down) const {
    const auto at_border = [&](int i) {
      return !down && (x_.at[i] < 1 || x_.at[i] + 2 >= image_.width());
    };
    int end = x + 1;
    if (at_border(x)) return end;
    while (end < end_ && x_.at[end] == x_.at[end - 1] + 1 &&
           y_.at[end] == y_.at[x] && !at_border(end)) {
      ++end;
    }
    return end;
  }

  // Sets d_ from one fraction per pixel to one per byte.
  void SetFractions(const std::vector<double>& d) {
    double* to = d_.data();
    for (int x = first_; x < end_; ++x, to += 3) to[0] = to[1] = to[2] = d[x];
  }

  const Image& image_;
  const AffineMatrix& m_;
  int width_;
  int first_ = 0;  // first_ ... end_ - 1 have a point inside the source
  int end_ = 0;
  Coordinates x_;
  Coordinates y_;
  std::vector<double> d_;
  std::array<std::vector<uint8_t>, 16> planes_;
  std::array<std::vector<double>, 4> across_;
};

}  // namespace

Image TransformCubic(const Image& image, Image out,
                     const AffineMatrix& matrix) {
  RowTransform rows(image, matrix, out.width());
  for (int y = 0; y < out.height(); ++y) rows.Transform(y, out.Row(y));
  return out;
}

}  // namespace wsel::image
