// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "wsel/image/decode.h"

namespace wsel::data {

// The image of a .npy file, for a model that takes `in_chans` channels: an
// array of uint8, or of uint16, of which the upper bytes are kept. For RGB and
// grey models it is [height, width], or has 1 or 3 channels; for others it has
// their number. The channels come last, or first where the last dimension is
// not such a number. Errors: kFormat at `name`.
image::Decoded DecodeNpy(std::span<const std::byte> bytes,
                         const std::string& name,
                         const image::DecodeLimits& limits, int in_chans);

}  // namespace wsel::data
