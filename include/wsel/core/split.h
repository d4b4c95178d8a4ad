// Torch-free.
#pragma once

#include <string_view>
#include <vector>

namespace wsel {

// The parts between the separators, at least one; parts may be empty. They
// point into `text`.
std::vector<std::string_view> Split(std::string_view text, char separator);

// Without spaces and tabs at its ends; it points into `text`.
std::string_view Trim(std::string_view text);

}  // namespace wsel
