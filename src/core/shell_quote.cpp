#include "wsel/core/shell_quote.h"

#include <string_view>

#include "wsel/core/escape_text.h"
#include "wsel/core/utf8.h"

namespace wsel {

std::string ShellQuote(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"
      ",=:+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
    return word;
  }
  if (!IsUtf8(word)) {
    std::string escaped;
    for (const char c : word) {
      if (c == '\'' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return "$'" + EscapeInvalidUtf8(escaped) + "'";
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string ShellLine(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += (line.empty() ? "" : " ") + ShellQuote(word);
  }
  return line;
}

}  // namespace wsel
