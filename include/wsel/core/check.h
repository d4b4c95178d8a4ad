// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsel {

// What an option's number may be. Errors: kConfig at `option`, with the number
// and its bounds; a number that is none is never within them.

void CheckAtLeast(std::string_view option, int64_t value, int64_t least);
void CheckBetween(std::string_view option, int64_t value, int64_t low,
                  int64_t high);
void CheckRealBetween(std::string_view option, double value, double low,
                      double high);
// Finite, 0 or more.
void CheckNotNegative(std::string_view option, double value);

}  // namespace wsel
