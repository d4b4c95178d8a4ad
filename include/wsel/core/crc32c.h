// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsel {

// The CRC-32C of RFC 3720, appendix B.4 (polynomial 0x1EDC6F41, reflected).
// TFRecord files, and so TensorBoard's event files, checksum records with it;
// those are small, so there is no need for hardware instructions.
uint32_t Crc32c(std::string_view bytes);

}  // namespace wsel
