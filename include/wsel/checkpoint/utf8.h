// Torch-free.
#pragma once

#include <string_view>

namespace wsel::checkpoint {

// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no
// surrogates), as JSON, to which names and metadata are written, requires.
bool IsUtf8(std::string_view text);

// Whether `name` is a valid tensor name: UTF-8, 1 to 1024 bytes, without
// control characters, which could drive the terminal that prints them.
bool IsTensorName(std::string_view name);

}  // namespace wsel::checkpoint
