// Torch-free.
#pragma once

#include <functional>

#include "wsel/core/error.h"

namespace wsel::session {

// This program as it was called.
struct ProgramCall {
  const char* const* argv = nullptr;  // main's
  // An error as the user reads it, with options where libraries name fields.
  std::function<Error(const Error&)> naming;
};

}  // namespace wsel::session
