// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsel::naming {

// The numbers that a pattern captured from a tensor's name, in order.
using Numbers = std::vector<std::string>;

// Matches a whole name. '#' matches a number and captures it, '%' matches one
// without capturing, and a final '*' matches any rest. Numbers have at most
// four digits and no leading zeros.
std::optional<Numbers> Match(std::string_view pattern, std::string_view name);

// Replaces each '#' of the pattern by the next number. There must be enough.
std::string Fill(std::string_view pattern, const Numbers& numbers);

}  // namespace wsel::naming
