#include "wsel/core/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace wsel {

std::string DurationText(double seconds) {
  constexpr int64_t kDay = int64_t{24} * 3600;
  const auto s = static_cast<int64_t>(std::llround(std::min(seconds, 1e15)));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  if (s < 2 * kDay) {
    return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  }
  return fmt::format("{:.1f} days", static_cast<double>(s) / kDay);
}

}  // namespace wsel
