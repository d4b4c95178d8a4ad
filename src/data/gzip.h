// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace wsel::data {

bool IsGzip(std::span<const std::byte> bytes);

// Decompresses at most `most` bytes of gzip or zlib data and ignores the rest,
// so that a file cannot take more memory than the caller allows. `where` names
// the file. Errors: kFormat.
std::vector<uint8_t> Gunzip(std::span<const std::byte> bytes, size_t most,
                            const std::string& where);

}  // namespace wsel::data
