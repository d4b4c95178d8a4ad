#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <utility>

#include "decoders.h"

namespace wsel::image {
namespace {

// The first frame of an animation, on its canvas.
void ReadFrame(const Encoded& file, Image& image) {
  const WebPData data{file.data(), file.size()};
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) {
    file.Fail("needs another version of libwebp");
  }
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)>
      decoder(WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  uint8_t* rgba = nullptr;
  int time = 0;
  if (decoder == nullptr ||
      WebPAnimDecoderGetNext(decoder.get(), &rgba, &time) == 0) {
    file.Fail("is a corrupt or truncated WebP animation");
  }
  const auto bytes = image.bytes();
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = rgba[i / 3 * 4 + i % 3];
}

void ReadStill(const Encoded& file, Image& image) {
  if (WebPDecodeRGBInto(file.data(), file.size(), image.bytes().data(),
                        image.bytes().size(),
                        static_cast<int>(image.stride())) == nullptr) {
    file.Fail("is a corrupt or truncated WebP image");
  }
}

// The file's size according to the RIFF header, the header included.
uint64_t StatedSize(const Encoded& file) {
  const uint8_t* data = file.data() + 4;
  return 8 + (data[0] | data[1] << 8 | data[2] << 16 | uint64_t{data[3]} << 24);
}

}  // namespace

Decoded DecodeWebp(const Encoded& file) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(file.data(), file.size(), &features) != VP8_STATUS_OK) {
    file.Fail("is a WebP image with a corrupt header");
  }
  file.CheckSize(features.width, features.height);
  Image image(features.width, features.height);
  features.has_animation != 0 ? ReadFrame(file, image) : ReadStill(file, image);
  return {.image = std::move(image),
          .trailing_bytes = file.size() > StatedSize(file),
          .no_end = file.size() < StatedSize(file)};
}

}  // namespace wsel::image
