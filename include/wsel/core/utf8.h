// Torch-free.
#pragma once

#include <string_view>

namespace wsel {

// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no
// surrogates), as JSON, to which names and metadata are written, requires.
bool IsUtf8(std::string_view text);

// For a value of the command line that is written to JSON. Errors: kUsage at
// `option` unless `text` is UTF-8.
void RequireUtf8(std::string_view text, std::string_view option);

}  // namespace wsel
