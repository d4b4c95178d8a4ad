#include "wsel/report/printable.h"

#include <algorithm>

#include "wsel/checkpoint/utf8.h"

namespace wsel::report {
namespace {

// The first character of `text`, which is not empty; "" where none is whole.
std::string_view FirstCharacter(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size());
       ++length) {
    if (checkpoint::IsUtf8(text.substr(0, length))) {
      return text.substr(0, length);
    }
  }
  return {};
}

bool Steers(std::string_view character) {
  if (character.size() == 1) return character[0] < 0x20 || character[0] == 0x7F;
  return (character >= "\u0080" && character <= "\u009F") ||  // controls
         (character >= "\u200E" && character <= "\u200F") ||  // directions
         (character >= "\u2028" && character <= "\u202E") ||
         (character >= "\u2066" && character <= "\u2069") ||
         character == "\uFFFE" || character == "\uFFFF";  // not in XML
}

std::string Clean(std::string_view text, size_t most, bool lines) {
  std::string clean;
  while (!text.empty()) {
    const std::string_view character = FirstCharacter(text);
    const bool kept = lines && character == "\n";
    const std::string_view shown = character.empty()            ? "\uFFFD"
                                   : Steers(character) && !kept ? " "
                                                                : character;
    if (clean.size() + shown.size() > most) return clean + "\u2026";
    clean += shown;
    text.remove_prefix(std::max<size_t>(1, character.size()));
  }
  return clean;
}

}  // namespace

std::string Printable(std::string_view text, size_t most) {
  return Clean(text, most, /*lines=*/false);
}

std::string PrintableLines(std::string_view text, size_t most) {
  return Clean(text, most, /*lines=*/true);
}

}  // namespace wsel::report
