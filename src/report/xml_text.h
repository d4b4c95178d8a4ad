// Torch-free.
#pragma once

#include <string>
#include <string_view>

namespace wsel::report {

// Text as it stands in an element or an attribute of HTML or SVG.
std::string EscapeXml(std::string_view text);

}  // namespace wsel::report
