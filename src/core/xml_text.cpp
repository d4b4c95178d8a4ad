#include "wsel/core/xml_text.h"

#include <array>

namespace wsel {

std::string EscapeXml(std::string_view text) {
  constexpr std::string_view kSpecial = "&<>\"'";
  constexpr std::array<std::string_view, 5> kEntities = {
      "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::string escaped;
  for (const char c : text) {
    const size_t i = kSpecial.find(c);
    escaped +=
        i == std::string_view::npos ? std::string_view(&c, 1) : kEntities[i];
  }
  return escaped;
}

}  // namespace wsel
