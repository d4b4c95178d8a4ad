// Torch-free.
#pragma once

#include <string_view>

#include "wsel/core/error.h"

namespace wsel {

// What a user can do about LibTorch's error, the first line of which says how
// much was asked for.
inline Error OutOfMemory(std::string_view text) {
  return Error(ErrorKind::kIo, "memory",
               "{}; lower train.micro_batch or evaluation.batch, which leave "
               "the results as they are but for rounding, or the image size",
               text.substr(0, text.find('\n')));
}

}  // namespace wsel
