// Torch-free.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wsel/checkpoint/allocation_limit.h"

namespace wsel::checkpoint {

using Metadata = std::map<std::string, std::string>;

// Checks that nlohmann::json can parse `json` within
// AllocationLimit::kParserReserve: its lexer buffers all input since the start
// of the last string or number, and formats it for errors at eight times the
// size. Errors: kFormat at `where` and the byte, counted from `offset`, if a
// string or number is longer than 2 MB, or follows 256 KB of other input.
void CheckJsonTokens(std::string_view json, const std::string& where,
                     size_t offset = 0);

// Adds an entry that a parser has read, of at most 32,768. Errors: kFormat at
// `where` and `field`, also if the key is there.
void AddMetadata(Metadata& metadata, const std::string& key,
                 const std::string& text, const std::string& where,
                 std::string_view field, AllocationLimit& limit);

// Reads metadata: a JSON object of strings. Errors: kFormat at `where`.
Metadata ReadJsonMetadata(std::string_view json, const std::string& where,
                          AllocationLimit& limit);

}  // namespace wsel::checkpoint
