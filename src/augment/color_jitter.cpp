#include <algorithm>
#include <array>
#include <utility>

#include "sample_stream.h"
#include "wsel/augment/auto_augment.h"

namespace wsel::augment {

std::vector<DrawnOp> DrawColorJitter(double strength, double hue,
                                     const SampleAddress& address) {
  const auto stream = SampleStream(address, "color_jitter");
  std::array<uint64_t, 4> order = {0, 1, 2, 3};
  for (uint64_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[stream.Below(i - 1, i)]);
  }
  constexpr std::array kOps = {Op::kBrightness, Op::kContrast, Op::kColor,
                               Op::kHue};
  std::vector<DrawnOp> drawn;
  for (const uint64_t place : order) {
    const Op op = kOps[place];
    const uint64_t at = order.size() + place;
    if (op == Op::kHue) {
      if (hue > 0) {
        drawn.push_back({op, hue, UniformIn(stream, at, -hue, hue)});
      }
    } else if (strength > 0) {
      drawn.push_back(
          {op, strength,
           UniformIn(stream, at, std::max(0.0, 1 - strength), 1 + strength)});
    }
  }
  return drawn;
}

}  // namespace wsel::augment
