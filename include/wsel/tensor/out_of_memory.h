#pragma once

#include <c10/util/Exception.h>

#include <string>

#include "wsel/core/error.h"

namespace wsel {

// What a user can do about it. Its first line says how much was asked for.
inline Error OutOfMemory(const c10::OutOfMemoryError& e) {
  const std::string text = e.what_without_backtrace();
  return Error(ErrorKind::kIo, "memory",
               "{}; lower train.micro_batch or evaluation.batch, which leave "
               "the results as they are but for rounding, or the image size",
               text.substr(0, text.find('\n')));
}

}  // namespace wsel
