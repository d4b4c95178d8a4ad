// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace wsel::data {

bool IsGzip(std::span<const std::byte> bytes);

// Unpacks at most `most` bytes of gzip or zlib data: a larger content is cut
// there, so no file makes more memory than its caller allows. `where` names the
// file. Errors: kFormat.
std::vector<uint8_t> Gunzip(std::span<const std::byte> bytes, size_t most,
                            const std::string& where);

}  // namespace wsel::data
