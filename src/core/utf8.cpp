#include "wsel/core/utf8.h"

#include <cstddef>
#include <cstdint>

#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"

namespace wsel {
namespace {

// The length of the character that starts with `lead`, or 0 if none does.
size_t LengthOf(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// Whether the encoding of `code` in `length` bytes is the shortest and `code`
// is a valid character.
bool IsAllowed(uint32_t code, size_t length) {
  if (length == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
  if (length == 4) return code >= 0x10000 && code <= 0x10FFFF;
  return true;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = LengthOf(lead);
    if (length == 0 || length > text.size() - i) return false;
    uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      code = code << 6U | (next & 0x3FU);
    }
    if (!IsAllowed(code, length)) return false;
    i += length;
  }
  return true;
}

void RequireUtf8(std::string_view text, std::string_view option) {
  if (IsUtf8(text)) return;
  throw Error(ErrorKind::kUsage, option,
              "'{}' is not UTF-8, and recipes, which are JSON, hold only that; "
              "rename it, or give a symbolic link to it or a relative path",
              EscapeInvalidUtf8(text));
}

}  // namespace wsel
