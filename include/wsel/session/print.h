// Torch-free.
#pragma once

#include <functional>
#include <string_view>

namespace wsel::session {

// Receives text for stdout, in whole lines, as soon as it is known.
using Print = std::function<void(std::string_view text)>;

}  // namespace wsel::session
