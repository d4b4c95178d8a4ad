// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "wsel/image/image.h"
#include "wsel/image/resample.h"

namespace wsel::image {

struct DecodeLimits {
  // Width times height. Pillow's limit against decompression bombs.
  int64_t max_pixels = 178'956'970;
};

// The pixels that are needed of an image of this size; a window that exceeds it
// stands for all.
using NeededWindow = std::function<Window(Size size)>;

// What became of samples of 16 bits, since images in memory have 8.
enum class Narrowed {
  kNo,         // there are none
  kUpperByte,  // value / 256, rounded down
  kClipped,    // grey above 255 is white, as in Pillow
};

// An image, and what is wrong with its file although it could be read.
struct Decoded {
  Image image;
  // Bytes follow the end of the image. In JPEGs these may be what cameras
  // append: a second image or a video.
  bool trailing_bytes = false;
  // The end marker is missing, but no pixel is.
  bool no_end = false;
  // The decoder met errors and continued, as Pillow's does: pixels may be wrong
  // or black.
  bool damaged = false;
  Narrowed narrowed = Narrowed::kNo;

  bool intact() const { return !trailing_bytes && !no_end && !damaged; }
};

// Decodes JPEG, PNG, GIF, WebP, TIFF, BMP, PGM and PPM, or the first frame or
// page; the format is detected from the content. Pixels equal those of
// Pillow 12.2.0's Image.open(file).convert("RGB"): alpha is dropped, 16-bit
// colour keeps its upper bytes, 16-bit grey above 255 is white, CMYK JPEGs are
// taken as inverted, and EXIF orientation is ignored, but that of a TIFF.
// `name` stands for the file in messages. No memory is allocated for a claimed
// size above the limit. With `needed` the image has its size, but pixels
// outside that window may be black: of most JPEGs only the window is computed.
// The file is read to its end nonetheless, so that errors do not depend on the
// window. For a model that takes `in_chans` channels, other than 1 and 3, all
// samples of a TIFF that has so many are read, whatever they mean: 8 bits, or
// the upper bytes of 16. Errors: kFormat if the file has another format, is
// corrupt or truncated, exceeds the limits, or has another number of channels;
// those of `needed`.
Decoded Decode(std::span<const std::byte> bytes, const std::string& name,
               const DecodeLimits& limits = {},
               const NeededWindow& needed = nullptr, int in_chans = 3);

// Whether only the windows of JPEGs are computed: with libjpeg-turbo 2.1.5 or
// later.
bool DecodesWindows();

// Errors: also kIo.
Decoded DecodeFile(const std::filesystem::path& path,
                   const DecodeLimits& limits = {});

}  // namespace wsel::image
