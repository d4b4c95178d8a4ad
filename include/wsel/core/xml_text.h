// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel {

// Escapes text for an element or attribute of HTML or SVG.
std::string EscapeXml(std::string_view text);

}  // namespace wsel
