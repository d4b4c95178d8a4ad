#include "effective_rank.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace wsel::analyze {

double EffectiveRank(const at::Tensor& matrix) {
  if (!at::isfinite(matrix).all().item<bool>()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto values = at::linalg_svdvals(matrix.to(at::kDouble));
  const double sum = values.sum().item<double>();
  if (sum == 0) return 0;
  const auto p = values / sum;
  // xlogy defines 0 log 0 as 0, its limit.
  return std::exp(-at::xlogy(p, p).sum().item<double>());
}

}  // namespace wsel::analyze
