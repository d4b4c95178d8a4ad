// Torch-free.
#pragma once

#include <fmt/format.h>

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

namespace wsel::analyze {

// A text as gnuplot's string. Whatever could mean something to it (quotes,
// backquotes, which run programs, macros) is written by its number; control
// characters, which would end the line, become spaces.
inline std::string Quoted(std::string_view text) {
  constexpr std::string_view kPlain = " ._-/(),:=+";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ') {
      quoted += ' ';
    } else if (byte > 127 || std::isalnum(byte) != 0 ||
               kPlain.find(c) != std::string_view::npos) {
      quoted += c;
    } else {
      quoted += fmt::format("\\{:03o}", byte);
    }
  }
  return quoted + "\"";
}

// Of an axis over 0 ... count - 1: 1, 2 or 5 times a power of ten, so that it
// has at most seven ticks.
inline int64_t TickStep(int64_t count) {
  int64_t power = 1;
  for (; power * 70 <= count; power *= 10) {
  }
  for (const int64_t step : {1, 2, 5}) {
    if (count <= step * power * 7) return step * power;
  }
  return 10 * power;
}

}  // namespace wsel::analyze
