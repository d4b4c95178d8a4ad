// Torch-free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsel::naming {

// The numbers in a tensor's name that a pattern matched, in order.
using Numbers = std::vector<std::string>;

// Matches a whole name. '#' stands for a number, which is kept; '%' for one
// that is dropped; a '*' at the end for any rest. Numbers are written as
// programs write them: at most four digits, no leading zero.
std::optional<Numbers> Match(std::string_view pattern, std::string_view name);

// The pattern with each '#' replaced by the next number. There are enough.
std::string Fill(std::string_view pattern, const Numbers& numbers);

}  // namespace wsel::naming
