#include "wsel/image/channels.h"

#include <algorithm>
#include <cstddef>

#include "wsel/core/error.h"

namespace wsel::image {
namespace {

size_t PixelCount(const Image& image) {
  return static_cast<size_t>(image.width()) *
         static_cast<size_t>(image.height());
}

// Up to three channels, from `first` on, as an RGB image.
Image ThreeChannels(const Image& image, int first) {
  Image three(image.width(), image.height());
  const int count = std::min(3, image.channels() - first);
  const auto step = static_cast<size_t>(image.channels());
  for (size_t i = 0; i < PixelCount(image); ++i) {
    std::copy_n(&image.bytes()[i * step + static_cast<size_t>(first)], count,
                &three.bytes()[i * 3]);
  }
  return three;
}

// The reverse, into an image of the same size.
void PutChannels(const Image& three, int first, Image& image) {
  const int count = std::min(3, image.channels() - first);
  const auto step = static_cast<size_t>(image.channels());
  for (size_t i = 0; i < PixelCount(image); ++i) {
    std::copy_n(&three.bytes()[i * 3], count,
                &image.bytes()[i * step + static_cast<size_t>(first)]);
  }
}

}  // namespace

Image MapChannels(const Image& image,
                  const std::function<Image(const Image&)>& use) {
  if (image.channels() == 3) return use(image);
  Image out;
  for (int first = 0; first < image.channels(); first += 3) {
    const Image three = use(ThreeChannels(image, first));
    if (first == 0) {
      out = Image::OfChannels(three.width(), three.height(), image.channels());
    }
    PutChannels(three, first, out);
  }
  return out;
}

void ThrowOtherChannels(std::string_view where, int64_t found,
                        int64_t in_chans) {
  throw Error(ErrorKind::kFormat, where,
              "has {} channels, and the model takes images of {}: initialise "
              "one with `in_chans` {}, or give it other images",
              found, in_chans, found);
}

}  // namespace wsel::image
