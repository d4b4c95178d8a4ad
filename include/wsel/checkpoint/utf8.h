// Torch-free.
#pragma once

#include <string_view>

#include "wsel/core/utf8.h"

namespace wsel::checkpoint {

// Whether `name` is a valid tensor name: UTF-8, 1 to 1024 bytes, without
// control characters, which could drive the terminal that prints them.
bool IsTensorName(std::string_view name);

}  // namespace wsel::checkpoint
