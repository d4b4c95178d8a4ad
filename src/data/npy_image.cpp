#include "npy_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "wsel/checkpoint/npy.h"
#include "wsel/core/error.h"
#include "wsel/image/channels.h"
#include "wsel/tensor/dtype.h"
#include "wsel/tensor/spec.h"

namespace wsel::data {
namespace {

using checkpoint::NpyArray;

// One dimension of an image in an array: its length, and the number of elements
// from one index to the next.
struct ArrayAxis {
  int64_t size = 1;
  int64_t step = 0;
};
struct ArrayAxes {
  ArrayAxis y;
  ArrayAxis x;
  ArrayAxis channel;
};

bool IsChannelCount(int64_t size, int in_chans) {
  return image::IsRgbOrGrey(in_chans) ? image::IsRgbOrGrey(size)
                                      : size == in_chans;
}

[[noreturn]] void ThrowNoImage(const NpyArray& array, const std::string& name,
                               int in_chans) {
  const bool usual = image::IsRgbOrGrey(in_chans);
  const std::string count = usual ? "1 or 3" : fmt::to_string(in_chans);
  throw Error(ErrorKind::kFormat, name,
              "has the shape {}, and the model takes images of {} channels "
              "(`in_chans`): arrays are read as images of {}[height, width, "
              "{}] or [{}, height, width]",
              FormatShape(array.shape), in_chans,
              usual ? "[height, width], " : "", count, count);
}

// The dimensions that are height, width and channels.
ArrayAxes AxesOf(const NpyArray& array, const std::string& name, int in_chans) {
  const Shape& shape = array.shape;
  const size_t rank = shape.size();
  // Before the steps, so that these do not exceed the number of elements.
  if (std::ranges::count(shape, 0) > 0) {
    throw Error(ErrorKind::kFormat, name, "has no pixels");
  }
  if (rank != 2 && rank != 3) ThrowNoImage(array, name, in_chans);
  std::array<ArrayAxis, 3> axes;
  int64_t step = 1;
  for (size_t i = 0; i < rank; ++i) {
    const size_t axis = array.fortran_order ? i : rank - 1 - i;
    axes[axis] = {shape[axis], step};
    step *= shape[axis];
  }
  if (IsChannelCount(axes[2].size, in_chans)) {  // also without a third axis
    return {axes[0], axes[1], axes[2]};
  }
  if (rank == 3 && IsChannelCount(axes[0].size, in_chans)) {
    return {axes[1], axes[2], axes[0]};
  }
  ThrowNoImage(array, name, in_chans);
}

void CheckElements(const NpyArray& array, const std::string& name) {
  if (array.dtype == DType::kU8 || array.dtype == DType::kU16) return;
  throw Error(ErrorKind::kFormat, name,
              "holds {}; arrays are read as images if they hold uint8, 0 to "
              "255, or uint16: convert it",
              Name(array.dtype));
}

void CheckPixelCount(const ArrayAxes& axes, const std::string& name,
                     const image::DecodeLimits& limits) {
  const int64_t height = axes.y.size;
  const int64_t width = axes.x.size;
  if (width > limits.max_pixels || height > limits.max_pixels / width) {
    throw Error(ErrorKind::kFormat, name, "has {} x {} pixels; the limit is {}",
                width, height, limits.max_pixels);
  }
}

// An element as 8 bits: of two bytes, in little-endian order, the upper one.
uint8_t ElementOf(const NpyArray& array, int64_t i) {
  const auto at = static_cast<size_t>(i);
  return static_cast<uint8_t>(array.dtype == DType::kU16
                                  ? array.elements[2 * at + 1]
                                  : array.elements[at]);
}

}  // namespace

image::Decoded DecodeNpy(std::span<const std::byte> bytes,
                         const std::string& name,
                         const image::DecodeLimits& limits, int in_chans) {
  const auto array = checkpoint::ReadNpy(bytes, name);
  CheckElements(array, name);
  const ArrayAxes axes = AxesOf(array, name, in_chans);
  CheckPixelCount(axes, name, limits);
  // Grey ones have the same value in all three channels. Otherwise there are as
  // many bytes as elements, which the file has been checked to hold.
  const int channels = image::ChannelsInMemory(in_chans);
  const int64_t channel_step = axes.channel.size == 1 ? 0 : axes.channel.step;
  auto image = image::Image::OfChannels(
      static_cast<int>(axes.x.size), static_cast<int>(axes.y.size), channels);
  for (int64_t y = 0; y < axes.y.size; ++y) {
    uint8_t* to = image.Row(static_cast<int>(y));
    for (int64_t x = 0; x < axes.x.size; ++x) {
      const int64_t at = y * axes.y.step + x * axes.x.step;
      for (int64_t c = 0; c < channels; ++c) {
        *to++ = ElementOf(array, at + c * channel_step);
      }
    }
  }
  return {.image = std::move(image),
          .narrowed = array.dtype == DType::kU16 ? image::Narrowed::kUpperByte
                                                 : image::Narrowed::kNo};
}

}  // namespace wsel::data
