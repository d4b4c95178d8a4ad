#pragma once

#include <string_view>

namespace wsel::model {

// The library that multiplies float32 matrices on the CPU: "oneDNN", or
// "LibTorch" if libdnnl is not installed.
std::string_view GemmBackend();

}  // namespace wsel::model
