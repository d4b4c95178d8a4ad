// Torch-free.
#pragma once

#include <string>

namespace wsel {

// "45 s", "3:05", "12:00:00" or "2.5 days".
std::string DurationText(double seconds);

}  // namespace wsel
