#include "wsel/image/normalisation.h"

#include <cmath>
#include <numeric>

namespace wsel::image {

double GreyValue(const ChannelValues& rgb) {
  const double sum = std::accumulate(rgb.begin(), rgb.end(), 0.0);
  return std::round(sum / static_cast<double>(rgb.size()) * 1e4) / 1e4;
}

}  // namespace wsel::image
