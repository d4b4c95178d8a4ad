// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel::checkpoint {

// Whether the JSON parser may be given `json`: it keeps what it reads several
// times until the next string or number begins, and, for the message of an
// error that is never shown, eightfold. Errors: kFormat, at `where` and the
// byte, counted from `offset`, where a string or number is longer than 2 MB, or
// is preceded by more than 256 KB of anything else.
void CheckJsonTokens(std::string_view json, const std::string& where,
                     size_t offset = 0);

}  // namespace wsel::checkpoint
