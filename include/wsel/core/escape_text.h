// Torch-free.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wsel {

// Untrusted text made safe to display: at most `max_bytes` bytes of UTF-8,
// truncated with an ellipsis. Invalid UTF-8 becomes U+FFFD; control characters,
// which could drive a terminal, and bidirectional marks, which could disguise
// text, become spaces. Applied once to every name in a report, when it is read.
std::string EscapeText(std::string_view text, size_t max_bytes = 200);

// The text with each byte that is not UTF-8 written as \xE9 (Python's
// "backslashreplace"): names of files and classes, for JSON. UTF-8 is
// unchanged.
std::string EscapeInvalidUtf8(std::string_view text);

// The same as EscapeText, but keeps line breaks.
std::string EscapeLines(std::string_view text, size_t max_bytes);

}  // namespace wsel
