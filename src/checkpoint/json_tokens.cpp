#include "json_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

// Sized for AllocationLimit::kParserReserve; see the header.
constexpr size_t kLongestToken = 2U << 20U;
constexpr size_t kLongestRest = 256U << 10U;

size_t EndOfString(std::string_view json, size_t begin) {
  size_t i = begin + 1;
  while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
  return std::min(i + 1, json.size());
}

// The end of the string or number at `begin`, or `begin` if there is none.
size_t EndOfToken(std::string_view json, size_t begin) {
  if (json[begin] == '"') return EndOfString(json, begin);
  return std::min(json.find_first_not_of("0123456789+-.eE", begin),
                  json.size());
}

}  // namespace

void CheckJsonTokens(std::string_view json, const std::string& where,
                     size_t offset) {
  size_t rest = 0;
  for (size_t i = 0; i < json.size();) {
    const size_t end = EndOfToken(json, i);
    rest = end == i ? rest + 1 : 0;
    if (end - i > kLongestToken || rest > kLongestRest) {
      ThrowFormatError(
          where,
          fmt::format("byte {}: the JSON has {}; the file is corrupt or "
                      "malicious, get another copy",
                      offset + i,
                      rest > 0 ? "more than 256 KB without a string or number"
                               : "a string or number of more than 2 MB"));
    }
    i = std::max(end, i + 1);
  }
}

}  // namespace wsel::checkpoint
