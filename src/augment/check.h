// Torch-free.
#pragma once

#include <fmt/format.h>

#include <cstddef>

#include "wsel/core/error.h"

namespace wsel::augment {

// Throws kConfig unless `bytes` is the size of an image of img_size.
inline void CheckOutput(size_t bytes, int img_size) {
  if (bytes == size_t{3} * img_size * img_size) return;
  throw Error(ErrorKind::kConfig, "augment.img_size",
              fmt::format("the output has {} bytes, expected {} x {} x 3",
                          bytes, img_size, img_size));
}

}  // namespace wsel::augment
