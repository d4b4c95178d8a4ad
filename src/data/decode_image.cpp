#include "wsel/data/decode_image.h"

#include <string_view>
#include <utility>

#include "wsel/checkpoint/npy.h"
#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"
#include "wsel/tensor/dtype.h"
#include "wsel/tensor/spec.h"

namespace wsel::data {
namespace {

// Checks that an array is an image; returns its channels.
int64_t ChannelsOf(const checkpoint::NpyArray& array, const std::string& name,
                   const image::DecodeLimits& limits) {
  const Shape& shape = array.shape;
  if (array.dtype != DType::kU8) {
    throw Error(ErrorKind::kFormat, name,
                "holds {}; arrays are read as images if they hold uint8, 0 to "
                "255: convert it",
                Name(array.dtype));
  }
  const int64_t channels = shape.size() == 3 ? shape[2] : 1;
  const bool is_image = (shape.size() == 2 || shape.size() == 3) &&
                        (channels == 1 || channels == 3);
  if (!is_image) {
    throw Error(ErrorKind::kFormat, name,
                "has the shape {}; arrays are read as images of [height, "
                "width], [height, width, 1] or [height, width, 3]",
                FormatShape(shape));
  }
  if (shape[0] == 0 || shape[1] == 0) {
    throw Error(ErrorKind::kFormat, name, "has no pixels");
  }
  if (shape[1] > limits.max_pixels || shape[0] > limits.max_pixels / shape[1]) {
    throw Error(ErrorKind::kFormat, name, "has {} x {} pixels; the limit is {}",
                shape[1], shape[0], limits.max_pixels);
  }
  return channels;
}

image::Decoded DecodeNpy(std::span<const std::byte> bytes,
                         const std::string& name,
                         const image::DecodeLimits& limits) {
  const auto array = checkpoint::ReadNpy(bytes, name);
  const int64_t channels = ChannelsOf(array, name, limits);
  const int64_t height = array.shape[0];
  const int64_t width = array.shape[1];
  image::Image image(static_cast<int>(width), static_cast<int>(height));
  for (int64_t y = 0; y < height; ++y) {
    uint8_t* to = image.Row(static_cast<int>(y));
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t channel = channels == 1 ? 0 : c;
        const int64_t at = array.fortran_order
                               ? y + height * (x + width * channel)
                               : (y * width + x) * channels + channel;
        *to++ = static_cast<uint8_t>(array.elements[static_cast<size_t>(at)]);
      }
    }
  }
  return {.image = std::move(image)};
}

}  // namespace

image::Decoded DecodeImage(std::span<const std::byte> bytes,
                           const std::string& name,
                           const image::DecodeLimits& limits,
                           const image::NeededWindow& needed) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  return text.starts_with(checkpoint::kNpyMagic)
             ? DecodeNpy(bytes, name, limits)
             : image::Decode(bytes, name, limits, needed);
}

image::Decoded DecodeImageFile(const std::filesystem::path& path,
                               const image::NeededWindow& needed) {
  const MappedFile file(path);
  return DecodeImage(file.bytes(), path.string(), {}, needed);
}

}  // namespace wsel::data
