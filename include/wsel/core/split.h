// Torch-free.
#pragma once

#include <string_view>
#include <vector>

namespace wsel {

// The parts between the separators, at least one; parts may be empty. They
// point into `text`.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace wsel
