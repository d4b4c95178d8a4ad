// Torch-free.
#pragma once

#include <tiffio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace wsel::image {

// A file in memory, as libtiff reads it.
struct TiffBytes {
  std::span<const std::byte> bytes;
  uint64_t position = 0;
  std::string error;  // libtiff's last
};

using OpenedTiff = std::unique_ptr<TIFF, void (*)(TIFF*)>;

// The first page of `file`, which must outlive it; null if it is not readable.
// libtiff allocates no more than `most` bytes at once, and its messages go to
// `file.error`.
OpenedTiff OpenTiff(TiffBytes& file, tmsize_t most);

}  // namespace wsel::image
