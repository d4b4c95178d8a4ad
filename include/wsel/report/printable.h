// Torch-free.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wsel::report {

// Text from a file as it may be shown: at most `most` bytes of UTF-8, cut with
// an ellipsis. What is no UTF-8 becomes U+FFFD; control characters, which would
// steer a terminal, and marks that turn the direction of text, which would hide
// what it says, become blanks. Every name of a report goes through here once,
// when it is read.
std::string Printable(std::string_view text, size_t most = 200);

// The same, line by line.
std::string PrintableLines(std::string_view text, size_t most);

}  // namespace wsel::report
