// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsel {

// Range checks of option values. Errors: kConfig at `option`, with the value
// and its bounds, if the value is out of range; NaN always is.

void CheckAtLeast(std::string_view option, int64_t value, int64_t low);
void CheckBetween(std::string_view option, int64_t value, int64_t low,
                  int64_t high);
void CheckRealBetween(std::string_view option, double value, double low,
                      double high);
// 0 <= value < 1
void CheckBelowOne(std::string_view option, double value);
// `value` must be finite and >= 0.
void CheckNotNegative(std::string_view option, double value);

}  // namespace wsel
