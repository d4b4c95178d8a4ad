#include "wsel/checkpoint/format_error.h"

#include <fmt/format.h>

#include "wsel/core/error.h"

namespace wsel::checkpoint {

void ThrowFormatError(std::string_view where, std::string_view message) {
  throw Error(ErrorKind::kFormat, where, message);
}

std::string Quoted(std::string_view text) {
  constexpr size_t kMaxShown = 100;
  std::string shown(text.substr(0, kMaxShown));
  for (char& c : shown) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) c = '?';
  }
  return fmt::format("'{}{}'", shown, text.size() > kMaxShown ? "..." : "");
}

std::string AtTensor(std::string_view path, std::string_view name) {
  return fmt::format("{}: tensor {}", path, Quoted(name));
}

}  // namespace wsel::checkpoint
