#include "wsel/core/check.h"

#include <cmath>

#include "wsel/core/error.h"

namespace wsel {
namespace {

template <typename T>
void CheckWithin(std::string_view option, T value, T low, T high) {
  // NaN fails both comparisons, and so the check.
  if (value >= low && value <= high) return;
  throw Error(ErrorKind::kConfig, option, "is {}; it must be from {} to {}",
              value, low, high);
}

}  // namespace

void CheckAtLeast(std::string_view option, int64_t value, int64_t low) {
  if (value >= low) return;
  throw Error(ErrorKind::kConfig, option, "is {}; it must be {} or more", value,
              low);
}

void CheckBetween(std::string_view option, int64_t value, int64_t low,
                  int64_t high) {
  CheckWithin(option, value, low, high);
}

void CheckRealBetween(std::string_view option, double value, double low,
                      double high) {
  CheckWithin(option, value, low, high);
}

void CheckBelowOne(std::string_view option, double value) {
  if (value >= 0 && value < 1) return;
  throw Error(ErrorKind::kConfig, option,
              "is {}: must be 0 or more and below 1", value);
}

void CheckNotNegative(std::string_view option, double value) {
  if (std::isfinite(value) && value >= 0) return;
  throw Error(ErrorKind::kConfig, option,
              "is {}; it must be a finite number, 0 or more", value);
}

}  // namespace wsel
