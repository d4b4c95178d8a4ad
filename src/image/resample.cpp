#include "wsel/image/resample.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "resample_kernel.h"
#include "wsel/core/error.h"
#include "wsel/image/geometry.h"
#include "wsel/image/vector_clones.h"

namespace wsel::image {
namespace {

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

uint8_t ToByte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

// Rows are resampled in groups: adjacent in memory are then the same pixel of
// several rows, which share a weight, so that the loops vectorise.
constexpr int kGroup = 16;
constexpr int kLanes = 3 * kGroup;

// A part of an image, not copied.
struct View {
  explicit View(const Image& image)
      : View(image, {0, 0, image.width(), image.height()}) {}
  View(const Image& image, const Window& part)
      : origin(image.Row(part.top) + size_t{3} * part.left),
        stride(image.stride()),
        width(part.width),
        height(part.height) {}
  const uint8_t* Row(int y) const { return origin + stride * y; }

  const uint8_t* origin;
  size_t stride;  // bytes between rows
  int width;
  int height;
};

Image Copy(const View& view, const Window& part) {
  Image out(part.width, part.height);
  for (int y = 0; y < part.height; ++y) {
    std::copy_n(view.Row(part.top + y) + size_t{3} * part.left, out.stride(),
                out.Row(y));
  }
  return out;
}

// lanes[x][channel][row of the group]; rows past the last repeat it.
void Interleave(const View& image, int top, int rows,
                std::vector<uint8_t>& lanes) {
  for (int r = 0; r < kGroup; ++r) {
    const uint8_t* row = image.Row(top + std::min(r, rows - 1));
    uint8_t* lane = lanes.data() + r;
    for (int i = 0; i < 3 * image.width; ++i) lane[i * kGroup] = row[i];
  }
}

WSEL_VECTOR_CLONES
void WeighLanes(const uint8_t* lanes, const int32_t* weights, int count,
                uint8_t* out) {
  std::array<int32_t, kLanes> sums;
  sums.fill(kHalf);
  for (int t = 0; t < count; ++t, lanes += kLanes) {
    for (int i = 0; i < kLanes; ++i) sums[i] += weights[t] * lanes[i];
  }
  for (int i = 0; i < kLanes; ++i) out[i] = ToByte(sums[i]);
}

// Rows `top` ... `bottom` - 1, resampled along x.
Image Horizontal(const View& image, int top, int bottom,
                 const KernelTable& table) {
  Image out(static_cast<int>(table.first.size()), bottom - top);
  std::vector<uint8_t> lanes(size_t{kLanes} * image.width);
  std::array<uint8_t, kLanes> pixel;
  for (int y = top; y < bottom; y += kGroup) {
    const int rows = std::min(kGroup, bottom - y);
    Interleave(image, y, rows, lanes);
    for (int x = 0; x < out.width(); ++x) {
      WeighLanes(lanes.data() + static_cast<size_t>(table.first[x]) * kLanes,
                 table.WeightsOf(x), table.count[x], pixel.data());
      for (int r = 0; r < rows; ++r) {
        uint8_t* to = out.Row(y - top + r) + static_cast<size_t>(x) * 3;
        for (int c = 0; c < 3; ++c) to[c] = pixel[c * kGroup + r];
      }
    }
  }
  return out;
}

// Bytes of an output row that WeighRows computes at a time.
constexpr int kSegment = 768;

WSEL_VECTOR_CLONES
void WeighRows(const uint8_t* rows, size_t stride, const int32_t* weights,
               int count, int length, uint8_t* out) {
  std::array<int32_t, kSegment> sums;
  sums.fill(kHalf);
  for (int t = 0; t < count; ++t, rows += stride) {
    for (int i = 0; i < length; ++i) sums[i] += weights[t] * rows[i];
  }
  for (int i = 0; i < length; ++i) out[i] = ToByte(sums[i]);
}

// Resamples along y. `image` begins with row `top` of the input of `table`.
Image Vertical(const Image& image, int top, const KernelTable& table) {
  Image out(image.width(), static_cast<int>(table.first.size()));
  const auto stride = static_cast<int>(image.stride());
  for (int y = 0; y < out.height(); ++y) {
    for (int i = 0; i < stride; i += kSegment) {
      WeighRows(image.Row(table.first[y] - top) + i, image.stride(),
                table.WeightsOf(y), table.count[y],
                std::min(kSegment, stride - i), out.Row(y) + i);
    }
  }
  return out;
}

// `window` of the resized `box`.
Image TwoPass(const View& image, const Box& box, int width, int height,
              const Window& window, Interpolation interpolation) {
  const auto vertical =
      MakeKernelTable(image.height, box.top, box.bottom, height, window.top,
                      window.top + window.height, interpolation);
  const bool keep_rows = height == image.height && box.top == 0 &&
                         box.bottom == static_cast<float>(height);
  const bool keep_columns = width == image.width && box.left == 0 &&
                            box.right == static_cast<float>(width);
  // The input rows that the window depends on.
  const int top = keep_rows ? window.top : vertical.first.front();
  const int bottom = keep_rows ? window.top + window.height
                               : vertical.first.back() + vertical.count.back();
  const auto resample_rows = [&] {
    if (keep_columns) {
      return Copy(image, {window.left, top, window.width, bottom - top});
    }
    const auto horizontal =
        MakeKernelTable(image.width, box.left, box.right, width, window.left,
                        window.left + window.width, interpolation);
    return Horizontal(image, top, bottom, horizontal);
  };
  const Image rows = resample_rows();
  return keep_rows ? rows : Vertical(rows, top, vertical);
}

bool IsWhole(float value) { return value == std::trunc(value); }

// Pillow's C function; Image.resize adds the case of tall images.
Image ResizeOnce(const Image& image, const Box& box, int width, int height,
                 Interpolation interpolation) {
  if (IsWhole(box.left) && IsWhole(box.top) &&
      box.right - box.left == static_cast<float>(width) &&
      box.bottom - box.top == static_cast<float>(height)) {
    return Crop(image, static_cast<int>(box.left), static_cast<int>(box.top),
                width, height);
  }
  if (interpolation != Interpolation::kNearest) {
    return TwoPass(View(image), box, width, height, {0, 0, width, height},
                   interpolation);
  }
  const double across = static_cast<double>(box.right - box.left) / width;
  const double down = static_cast<double>(box.bottom - box.top) / height;
  return Transform(image, width, height,
                   {across, 0, box.left, 0, down, box.top}, interpolation);
}

// Pillow resizes very tall images vertically first, to save memory.
bool IsVerticalFirst(int from_width, int from_height, int height) {
  return from_height > int64_t{100} * from_width && height < from_height;
}

void CheckWindow(const Window& window, int width, int height) {
  if (window.left < 0 || window.top < 0 || window.width < 0 ||
      window.height < 0 || window.width > width - window.left ||
      window.height > height - window.top) {
    throw Error(ErrorKind::kConfig, "resize",
                "the window must lie within the image");
  }
}

void CheckArguments(const Image& image, const Box& box, int width, int height) {
  if (width < 1 || height < 1) {
    throw Error(ErrorKind::kConfig, "resize",
                "width and height must be at least 1");
  }
  // Written so that NaN fails.
  if (!(box.left >= 0 && box.top >= 0 && box.right >= box.left &&
        box.bottom >= box.top &&
        box.right <= static_cast<float>(image.width()) &&
        box.bottom <= static_cast<float>(image.height()))) {
    throw Error(ErrorKind::kConfig, "resize",
                "the box must lie within the image");
  }
}

}  // namespace

Box FullBox(const Image& image) {
  return {0, 0, static_cast<float>(image.width()),
          static_cast<float>(image.height())};
}

Image Resize(const Image& image, const Box& box, int width, int height,
             Interpolation interpolation) {
  CheckArguments(image, box, width, height);
  if (IsVerticalFirst(image.width(), image.height(), height)) {
    const float whole = static_cast<float>(image.width());
    const Image low = ResizeOnce(image, {0, box.top, whole, box.bottom},
                                 image.width(), height, interpolation);
    return ResizeOnce(low, {box.left, 0, box.right, static_cast<float>(height)},
                      width, height, interpolation);
  }
  return ResizeOnce(image, box, width, height, interpolation);
}

Image ResizeThenCrop(const Image& image, int width, int height,
                     const Window& window, Interpolation interpolation) {
  const Box box = FullBox(image);
  CheckArguments(image, box, width, height);
  CheckWindow(window, width, height);
  if (window.width == 0 || window.height == 0 ||
      interpolation == Interpolation::kNearest ||
      IsVerticalFirst(image.width(), image.height(), height)) {
    return Crop(Resize(image, box, width, height, interpolation), window.left,
                window.top, window.width, window.height);
  }
  return TwoPass(View(image), box, width, height, window, interpolation);
}

Image CropThenResize(const Image& image, const Window& window, int width,
                     int height, Interpolation interpolation) {
  CheckWindow(window, image.width(), image.height());
  const bool same = window.width == width && window.height == height;
  if (window.width == 0 || window.height == 0 || width < 1 || height < 1 ||
      same || interpolation == Interpolation::kNearest ||
      IsVerticalFirst(window.width, window.height, height)) {
    const Image cut =
        Crop(image, window.left, window.top, window.width, window.height);
    return Resize(cut, FullBox(cut), width, height, interpolation);
  }
  return TwoPass(View(image, window),
                 {0, 0, static_cast<float>(window.width),
                  static_cast<float>(window.height)},
                 width, height, {0, 0, width, height}, interpolation);
}

}  // namespace wsel::image
