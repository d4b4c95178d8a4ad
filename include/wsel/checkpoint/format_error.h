// Torch-free.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace wsel::checkpoint {

// Throws kFormat. `where` is the file's path and, if known, the location in it.
[[noreturn]] void ThrowFormatError(std::string_view where,
                                   std::string_view message);
// The same, with a message in fmt's syntax.
template <typename... Args>
requires(sizeof...(Args) > 0)
    [[noreturn]] void ThrowFormatError(std::string_view where,
                                       fmt::format_string<Args...> message,
                                       Args&&... args) {
  ThrowFormatError(where, fmt::format(message, std::forward<Args>(args)...));
}

// Text from a file, made safe for a message: quoted, cut at 100 bytes, with
// control characters, which could drive the terminal, replaced by '?'.
std::string Quoted(std::string_view text);

// "model.pth: tensor 'head.weight'"
std::string AtTensor(std::string_view path, std::string_view name);

}  // namespace wsel::checkpoint
