// Torch-free.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wsel/checkpoint/allowance.h"

namespace wsel::checkpoint {

// Reads a JSON object whose values are strings, of at most 32,768 keys.
// Errors: kFormat, at `where`.
std::map<std::string, std::string> ReadStringMap(std::string_view json,
                                                 const std::string& where,
                                                 Allowance& allowance);

}  // namespace wsel::checkpoint
