// Torch-free.
#pragma once

#include <cstdint>
#include <span>

namespace wsel::image {

// Decodes GIF's variable-length LZW (GIF89a, appendix F) until `out` is full.
// `bits` is the minimum code size. Returns false if a code is invalid or the
// codes end first.
bool DecodeLzw(std::span<const uint8_t> codes, int bits,
               std::span<uint8_t> out);

}  // namespace wsel::image
