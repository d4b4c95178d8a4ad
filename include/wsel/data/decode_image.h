// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "wsel/image/decode.h"

namespace wsel::data {

// Decodes an image file for a model that takes `in_chans` channels: those of
// image::Decode, and NumPy arrays (.npy) of uint8 or, of which the upper bytes
// are kept, uint16. For 1 and 3 channels these are [height, width], [height,
// width, 1] or [1, height, width] of grey images, which become RGB of equal
// channels, and [height, width, 3] or [3, height, width] of RGB; for others
// [height, width, in_chans] or [in_chans, height, width]. Where both orders fit
// the channels are last. `needed`: as of image::Decode. Warns once of values of
// 16 bits. Errors: as image::Decode; kFormat for arrays of other shapes or
// elements.
image::Decoded DecodeImage(std::span<const std::byte> bytes,
                           const std::string& name,
                           const image::DecodeLimits& limits = {},
                           const image::NeededWindow& needed = nullptr,
                           int in_chans = 3);

// Errors: also kIo.
image::Decoded DecodeImageFile(const std::filesystem::path& path,
                               const image::NeededWindow& needed = nullptr,
                               int in_chans = 3);

}  // namespace wsel::data
