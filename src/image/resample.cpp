#include "wsel/image/resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "byte_lanes.h"
#include "resample_kernel.h"
#include "wsel/core/error.h"
#include "wsel/image/geometry.h"
#include "wsel/image/vector_clones.h"

namespace wsel::image {
namespace {

constexpr std::array<Registered<Interpolation>, 3> kInterpolations = {{
    {Interpolation::kNearest, "nearest", ""},
    {Interpolation::kBilinear, "bilinear", ""},
    {Interpolation::kBicubic, "bicubic", ""},
}};
constexpr Registry<Interpolation> kInterpolationNames("interpolation",
                                                      kInterpolations);

constexpr std::array<Registered<PassOrder>, 2> kPassOrders = {{
    {PassOrder::kPillow13, "pillow-13", "tall images vertically first"},
    {PassOrder::kPillow12, "pillow-12", "horizontally first"},
}};
constexpr Registry<PassOrder> kPassOrderNames("version of Pillow", kPassOrders);

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

uint8_t ToByte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

// Rows are resampled in groups as lanes (byte_lanes.h): the same pixel of
// several rows, which shares a weight.
constexpr int kLanes = 3 * kGroup;

// A part of an image, not copied.
struct View {
  explicit View(const Image& image)
      : origin(image.Row(0)),
        stride(image.stride()),
        width(image.width()),
        height(image.height()) {}
  const uint8_t* Row(int y) const { return origin + stride * y; }
  View Part(const Window& part) const {
    View view = *this;
    view.origin = Row(part.top) + size_t{3} * part.left;
    view.width = part.width;
    view.height = part.height;
    return view;
  }

  const uint8_t* origin;
  size_t stride;  // bytes between rows
  int width;
  int height;
};

Image Copy(const View& view) {
  Image out(view.width, view.height);
  for (int y = 0; y < view.height; ++y) {
    std::copy_n(view.Row(y), out.stride(), out.Row(y));
  }
  return out;
}

// A pass along one axis, for the outputs in a window.
struct Pass {
  Pass(int inputs, float from, float to, int outputs, int begin, int size,
       Interpolation interpolation)
      : keeps(outputs == inputs && from == 0 &&
              to == static_cast<float>(outputs)),
        first(begin),
        count(size) {
    if (keeps) return;
    table = MakeKernelTable(inputs, from, to, outputs, begin, begin + size,
                            interpolation);
    first = table.first.front();
    count = table.first.back() + table.count.back() - first;
  }

  bool keeps;  // the pixels; `table` is empty
  // The inputs that the window depends on.
  int first;
  int count;
  KernelTable table;
};

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

// Resamples along x. `image` has the columns that the pass depends on.
Image Horizontal(const View& image, const Pass& pass) {
  if (pass.keeps) return Copy(image);
  const KernelTable& table = pass.table;
  Image out(static_cast<int>(table.first.size()), image.height);
  // [x][channel][row of the group]
  std::vector<uint8_t> lanes(size_t{kLanes} * image.width);
  std::vector<uint8_t> resampled(size_t{kLanes} * out.width());
  for (int y = 0; y < image.height; y += kGroup) {
    const int rows = std::min(kGroup, image.height - y);
    const uint8_t* from[kGroup];
    uint8_t* to[kGroup];
    for (int r = 0; r < kGroup; ++r) {  // rows past the last repeat it
      from[r] = image.Row(y + std::min(r, rows - 1));
      to[r] = out.Row(y + std::min(r, rows - 1));
    }
    ToLanes(from, 3 * image.width, lanes.data());
    for (int x = 0; x < out.width(); ++x) {
      const auto column = static_cast<size_t>(table.first[x] - pass.first);
      WeighLanes(lanes.data() + column * kLanes, table.WeightsOf(x),
                 table.count[x],
                 resampled.data() + static_cast<size_t>(x) * kLanes);
    }
    FromLanes(resampled.data(), 3 * out.width(), rows, to);
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

// Resamples along y. `image` has the rows that the pass depends on.
Image Vertical(const View& image, const Pass& pass) {
  if (pass.keeps) return Copy(image);
  const KernelTable& table = pass.table;
  Image out(image.width, static_cast<int>(table.first.size()));
  const auto length = static_cast<int>(out.stride());
  for (int y = 0; y < out.height(); ++y) {
    for (int i = 0; i < length; i += kSegment) {
      WeighRows(image.Row(table.first[y] - pass.first) + i, image.stride,
                table.WeightsOf(y), table.count[y],
                std::min(kSegment, length - i), out.Row(y) + i);
    }
  }
  return out;
}

bool IsVerticalFirst(const View& image, int width, int height,
                     PassOrder order) {
  const int64_t rows = int64_t{image.height} - height;  // that go away
  if (rows <= 0) return false;
  return order == PassOrder::kPillow12
             ? image.height > int64_t{100} * image.width
             : rows > 2 * (int64_t{image.width} - width);
}

// `window` of the resized `box`.
Image TwoPass(const View& image, const Box& box, int width, int height,
              const Window& window, Interpolation interpolation,
              PassOrder order) {
  const Pass across(image.width, box.left, box.right, width, window.left,
                    window.width, interpolation);
  const Pass down(image.height, box.top, box.bottom, height, window.top,
                  window.height, interpolation);
  const View part =
      image.Part({across.first, down.first, across.count, down.count});
  if (IsVerticalFirst(image, width, height, order)) {
    const Image columns = Vertical(part, down);
    return Horizontal(View(columns), across);
  }
  const Image rows = Horizontal(part, across);
  return Vertical(View(rows), down);
}

bool IsWhole(float value) { return value == std::trunc(value); }

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

const Registry<Interpolation>& Interpolations() { return kInterpolationNames; }

const Registry<PassOrder>& PassOrders() { return kPassOrderNames; }

Box FullBox(const Image& image) {
  return {0, 0, static_cast<float>(image.width()),
          static_cast<float>(image.height())};
}

Image Resize(const Image& image, const Box& box, int width, int height,
             Interpolation interpolation, PassOrder order) {
  CheckArguments(image, box, width, height);
  if (IsWhole(box.left) && IsWhole(box.top) &&
      box.right - box.left == static_cast<float>(width) &&
      box.bottom - box.top == static_cast<float>(height)) {
    return Crop(image, static_cast<int>(box.left), static_cast<int>(box.top),
                width, height);
  }
  if (interpolation != Interpolation::kNearest) {
    return TwoPass(View(image), box, width, height, {0, 0, width, height},
                   interpolation, order);
  }
  const double across = static_cast<double>(box.right - box.left) / width;
  const double down = static_cast<double>(box.bottom - box.top) / height;
  return Transform(image, width, height,
                   {across, 0, box.left, 0, down, box.top}, interpolation);
}

namespace {

constexpr int64_t kMaxLongSide = 1 << 20;

[[noreturn]] void ThrowElongated(Size from, std::string_view target) {
  throw Error(ErrorKind::kFormat, "resize",
              "{} x {} pixels cannot be resized to {}: crop or remove the "
              "image, or leave it out with `skip_corrupt`",
              from.width, from.height, target);
}

}  // namespace

Size WithShortSide(Size from, int short_side) {
  const int shorter = std::min(from.width, from.height);
  const int longer = std::max(from.width, from.height);
  const int64_t long_side = int64_t{short_side} * longer / std::max(shorter, 1);
  if (shorter == 0 || long_side > kMaxLongSide) {
    ThrowElongated(from, fmt::format("{}", short_side));
  }
  const int rounded = static_cast<int>(long_side);
  return from.width <= from.height ? Size{short_side, rounded}
                                   : Size{rounded, short_side};
}

Size Covering(Size from, Size target) {
  if (target.width == target.height) return WithShortSide(from, target.width);
  const double ratio =
      std::min(static_cast<double>(from.height) / target.height,
               static_cast<double>(from.width) / target.width);
  // Halves to even, as Python's round().
  const double width = std::nearbyint(from.width / ratio);
  const double height = std::nearbyint(from.height / ratio);
  // Of an empty image they are NaN.
  if (!(std::max(width, height) <= static_cast<double>(kMaxLongSide)) ||
      !(ratio > 0)) {
    ThrowElongated(from,
                   fmt::format("cover {} x {}", target.width, target.height));
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

Image ResizeThenCrop(const Image& image, int width, int height,
                     const Window& window, Interpolation interpolation,
                     PassOrder order) {
  const Box box = FullBox(image);
  CheckArguments(image, box, width, height);
  CheckWindow(window, width, height);
  if (window.width == 0 || window.height == 0 ||
      interpolation == Interpolation::kNearest) {
    return Crop(Resize(image, box, width, height, interpolation, order),
                window.left, window.top, window.width, window.height);
  }
  return TwoPass(View(image), box, width, height, window, interpolation, order);
}

Window NeededForCrop(Size from, int width, int height, const Window& window,
                     Interpolation interpolation) {
  CheckWindow(window, width, height);
  if (window.width == 0 || window.height == 0 ||
      interpolation == Interpolation::kNearest) {
    return {0, 0, from.width, from.height};
  }
  const Pass across(from.width, 0, static_cast<float>(from.width), width,
                    window.left, window.width, interpolation);
  const Pass down(from.height, 0, static_cast<float>(from.height), height,
                  window.top, window.height, interpolation);
  return {across.first, down.first, across.count, down.count};
}

Image CropThenResize(const Image& image, const Window& window, int width,
                     int height, Interpolation interpolation, PassOrder order) {
  CheckWindow(window, image.width(), image.height());
  const bool same = window.width == width && window.height == height;
  if (window.width == 0 || window.height == 0 || width < 1 || height < 1 ||
      same || interpolation == Interpolation::kNearest) {
    const Image cut =
        Crop(image, window.left, window.top, window.width, window.height);
    return Resize(cut, FullBox(cut), width, height, interpolation, order);
  }
  return TwoPass(View(image).Part(window),
                 {0, 0, static_cast<float>(window.width),
                  static_cast<float>(window.height)},
                 width, height, {0, 0, width, height}, interpolation, order);
}

}  // namespace wsel::image
