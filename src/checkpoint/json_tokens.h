// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel::checkpoint {

// Checks that nlohmann::json can parse `json` within
// AllocationLimit::kParserReserve: its lexer buffers all input since the start
// of the last string or number, and formats it for errors at eight times the
// size. Errors: kFormat at `where` and the byte, counted from `offset`, if a
// string or number is longer than 2 MB, or follows 256 KB of other input.
void CheckJsonTokens(std::string_view json, const std::string& where,
                     size_t offset = 0);

}  // namespace wsel::checkpoint
