// Torch-free.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "wsel/image/decode.h"

namespace wsel::data {

// Decodes an image file: those of image::Decode, and NumPy arrays (.npy) of
// uint8, [height, width] or [height, width, 1] of grey images, which become RGB
// of equal channels, and [height, width, 3] of RGB. `needed`: as of
// image::Decode. Errors: as image::Decode; kFormat for arrays of other shapes
// or elements.
image::Decoded DecodeImage(std::span<const std::byte> bytes,
                           const std::string& name,
                           const image::DecodeLimits& limits = {},
                           const image::NeededWindow& needed = nullptr);

// Errors: also kIo.
image::Decoded DecodeImageFile(const std::filesystem::path& path,
                               const image::NeededWindow& needed = nullptr);

}  // namespace wsel::data
