// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "wsel/image/image.h"

namespace wsel::image {

// Whether files of RGB and grey images are for a model that takes so many
// channels (in_chans), whatever their own: 3 (RGB) or 1 (grey). Images of any
// other number have exactly that number in their files.
constexpr bool IsRgbOrGrey(int64_t in_chans) {
  return in_chans == 3 || in_chans == 1;
}

// Channels that images in memory have for such a model. Those of a grey one are
// RGB until Grey (color.h) makes all three channels equal, on which this room
// computes what Pillow computes on images of mode L.
constexpr int ChannelsInMemory(int in_chans) {
  return in_chans == 1 ? 3 : in_chans;
}

// use(image) of an image of 3 channels. Of one of another number, `use` gets
// RGB images of every three channels in turn, the last one filled up with
// zeros, and the result has all their channels: what computes on each channel
// by itself does the same to any number of them. `use` must return equal sizes.
Image MapChannels(const Image& image,
                  const std::function<Image(const Image&)>& use);

// Throws kFormat, at `where`: an image of `found` channels is not one of a
// model that takes `in_chans`.
[[noreturn]] void ThrowOtherChannels(std::string_view where, int64_t found,
                                     int64_t in_chans);

}  // namespace wsel::image
