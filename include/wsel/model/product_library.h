#pragma once

#include <string_view>

namespace wsel::model {

// What multiplies the matrices of a float32 model on the CPU: "oneDNN", or
// where libdnnl is not installed "LibTorch".
std::string_view ProductLibrary();

}  // namespace wsel::model
