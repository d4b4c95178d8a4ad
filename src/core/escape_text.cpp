#include "wsel/core/escape_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "wsel/core/utf8.h"

namespace wsel {
namespace {

// The first character of non-empty `text`; "" if it is not valid UTF-8.
std::string_view FirstCharacter(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size());
       ++length) {
    if (IsUtf8(text.substr(0, length))) {
      return text.substr(0, length);
    }
  }
  return {};
}

bool IsControl(std::string_view character) {
  if (character.size() == 1) return character[0] < 0x20 || character[0] == 0x7F;
  return (character >= "\u0080" && character <= "\u009F") ||  // controls
         (character >= "\u200E" && character <= "\u200F") ||  // bidirectional
         (character >= "\u2028" && character <= "\u202E") ||
         (character >= "\u2066" && character <= "\u2069") ||
         character == "\uFFFE" || character == "\uFFFF";  // not in XML
}

std::string Clean(std::string_view text, size_t max_bytes, bool keep_lines) {
  std::string clean;
  while (!text.empty()) {
    const std::string_view character = FirstCharacter(text);
    const bool kept = keep_lines && character == "\n";
    const std::string_view shown = character.empty()               ? "\uFFFD"
                                   : IsControl(character) && !kept ? " "
                                                                   : character;
    if (clean.size() + shown.size() > max_bytes) return clean + "\u2026";
    clean += shown;
    text.remove_prefix(std::max<size_t>(1, character.size()));
  }
  return clean;
}

}  // namespace

std::string EscapeText(std::string_view text, size_t max_bytes) {
  return Clean(text, max_bytes, /*keep_lines=*/false);
}

std::string EscapeInvalidUtf8(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const std::string_view character = FirstCharacter(text);
    if (character.empty()) {
      fmt::format_to(std::back_inserter(escaped), "\\x{:02X}",
                     static_cast<unsigned char>(text.front()));
    }
    escaped += character;
    text.remove_prefix(std::max<size_t>(1, character.size()));
  }
  return escaped;
}

std::string EscapeLines(std::string_view text, size_t max_bytes) {
  return Clean(text, max_bytes, /*keep_lines=*/true);
}

}  // namespace wsel
