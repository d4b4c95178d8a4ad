#include "pattern.h"

#include <cctype>

namespace wsel::naming {
namespace {

constexpr size_t kMaxDigits = 4;

// The number at the start of `text`, or "".
std::string_view LeadingNumber(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && length <= kMaxDigits &&
         std::isdigit(static_cast<unsigned char>(text[length])) != 0) {
    ++length;
  }
  const bool padded = length > 1 && text[0] == '0';
  return length > kMaxDigits || padded ? "" : text.substr(0, length);
}

}  // namespace

std::optional<Numbers> Match(std::string_view pattern, std::string_view name) {
  Numbers numbers;
  for (const char c : pattern) {
    if (c == '*') return numbers;
    if (c == '#' || c == '%') {
      const std::string_view number = LeadingNumber(name);
      if (number.empty()) return std::nullopt;
      if (c == '#') numbers.emplace_back(number);
      name.remove_prefix(number.size());
      continue;
    }
    if (!name.starts_with(c)) return std::nullopt;
    name.remove_prefix(1);
  }
  if (!name.empty()) return std::nullopt;
  return numbers;
}

std::string Fill(std::string_view pattern, const Numbers& numbers) {
  std::string name;
  auto next = numbers.begin();
  for (const char c : pattern) {
    if (c == '#') {
      name += *next++;
    } else {
      name += c;
    }
  }
  return name;
}

}  // namespace wsel::naming
