// Torch-free.
#pragma once

#include <string_view>

namespace wsel {

// "0.2.0+g1a2b3c4d5e6f", with "-dirty" if the checkout had uncommitted changes
// at build time; "0.2.0" if it was built outside of git.
std::string_view Version();

}  // namespace wsel
