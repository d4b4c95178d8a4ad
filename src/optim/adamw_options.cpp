#include "wsel/optim/adamw_options.h"

#include <fmt/format.h>

#include <string_view>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::optim {
namespace {

void CheckBeta(std::string_view option, double beta) {
  if (beta >= 0 && beta < 1) return;
  throw Error(ErrorKind::kConfig, option,
              fmt::format("is {}: must be 0 or more and below 1", beta));
}

}  // namespace

void Validate(const AdamWOptions& options) {
  CheckBeta("optimizer.beta1", options.beta1);
  CheckBeta("optimizer.beta2", options.beta2);
  CheckNotNegative("optimizer.eps", options.eps);
  CheckNotNegative("optimizer.weight_decay", options.weight_decay);
}

}  // namespace wsel::optim
