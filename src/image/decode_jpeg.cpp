#include <fmt/format.h>

#include <vector>

#include "decoders.h"
#include "jpeg_reader.h"

namespace wsel::image {
namespace {

// A block of 64 pixels takes at least two bits unless the file is all header;
// four times that.
constexpr int64_t kMaxPixelsPerByte = 1024;

[[noreturn]] void FailCorrupt(const Encoded& file, const JpegReader& reader) {
  if (reader.truncated()) file.Fail("is a truncated JPEG");
  file.Fail(fmt::format("is a corrupt JPEG ({})", reader.message()));
}

void ReadHeader(const Encoded& file, JpegReader& reader) {
  if (!reader.ReadHeader()) FailCorrupt(file, reader);
  auto& info = reader.info();
  if (info.data_precision != 8) {
    file.Fail(
        fmt::format("is a JPEG with {} bits per channel; only 8 are supported",
                    info.data_precision));
  }
  switch (info.num_components) {
    case 1:
      info.out_color_space = JCS_GRAYSCALE;
      break;
    case 3:
      info.out_color_space = JCS_RGB;
      break;
    case 4:
      info.out_color_space = JCS_CMYK;
      break;
    default:
      file.Fail(
          fmt::format("is a JPEG with {} channels; 1, 3 and 4 are supported",
                      info.num_components));
  }
  file.CheckSize(info.image_width, info.image_height, kMaxPixelsPerByte);
}

// a * b / 255, rounded, for a and b up to 255.
int MultiplyBytes(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Adobe's CMYK JPEGs store 255 minus the ink; Pillow assumes this for all.
void FromCmyk(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      rgb[c] =
          static_cast<uint8_t>(light - MultiplyBytes(255 - cmyk[c], light));
    }
  }
}

void FromGrey(const uint8_t* grey, int width, uint8_t* rgb) {
  for (int i = 0; i < 3 * width; ++i) rgb[i] = grey[i / 3];
}

void ReadRows(const Encoded& file, JpegReader& reader, Image& image) {
  const int channels = reader.info().num_components;
  std::vector<uint8_t> row(static_cast<size_t>(image.width()) * channels);
  for (int y = 0; y < image.height(); ++y) {
    uint8_t* to = channels == 3 ? image.Row(y) : row.data();
    if (!reader.ReadRow(to)) FailCorrupt(file, reader);
    if (channels == 1) FromGrey(row.data(), image.width(), image.Row(y));
    if (channels == 4) FromCmyk(row.data(), image.width(), image.Row(y));
  }
}

}  // namespace

Decoded DecodeJpeg(const Encoded& file) {
  JpegReader reader(file.bytes);
  ReadHeader(file, reader);
  if (!reader.Start()) FailCorrupt(file, reader);
  Decoded decoded;
  decoded.image = Image(static_cast<int>(reader.info().output_width),
                        static_cast<int>(reader.info().output_height));
  ReadRows(file, reader, decoded.image);
  if (reader.missing_pixels()) FailCorrupt(file, reader);
  if (!reader.Finish()) FailCorrupt(file, reader);
  decoded.trailing_bytes = reader.has_trailing_bytes();
  decoded.no_end = reader.truncated();
  decoded.damaged = reader.has_warnings();
  return decoded;
}

}  // namespace wsel::image
