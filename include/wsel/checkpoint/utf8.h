// Torch-free.
#pragma once

#include <string_view>

namespace wsel::checkpoint {

// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no
// surrogates). JSON, which names and metadata end up in, holds nothing else.
bool IsUtf8(std::string_view text);

// Whether a tensor may be called `name`: UTF-8 of 1 to 1024 bytes and no
// control characters, which would steer the terminal that prints them.
bool IsTensorName(std::string_view name);

}  // namespace wsel::checkpoint
