// Torch-free.
#pragma once

#include <string_view>

namespace wsel {

// "0.1.0+g1a2b3c4d5e6f", with "-dirty" where the checkout had changes when the
// program was built; "0.1.0" where it was built outside of git.
std::string_view Version();

}  // namespace wsel
