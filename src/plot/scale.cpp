#include <algorithm>
#include <cmath>

#include "wsel/plot/figure.h"

namespace wsel::plot {

Scale NiceScale(double low, double high, int ticks) {
  // Absorbs rounding: multiples of 0.1 are not exact, which could add or drop a
  // tick.
  constexpr double kSlack = 1e-9;
  if (high <= low) high = low + 1;
  const double rough = (high - low) / ticks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - kSlack)) {
      step = factor * power;
      break;
    }
  }
  return {std::floor(low / step + kSlack) * step,
          std::ceil(high / step - kSlack) * step, step};
}

Scale PositionScale(int64_t count) {
  const auto positions = static_cast<double>(count);
  return {-0.4, positions - 0.6,
          std::max(1.0, NiceScale(0, positions, 7).step)};
}

}  // namespace wsel::plot
