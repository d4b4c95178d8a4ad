// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsel::image {

// Checks that images are read for models that take so many channels: 3 (RGB) or
// 1 (grey). For a grey model an image is converted before anything else, by
// Grey (color.h): the same value in all three channels, on which this room
// computes what Pillow computes on images of mode L. Errors: kConfig at
// `where`.
void RequireReadable(int64_t in_chans, std::string_view where);

}  // namespace wsel::image
