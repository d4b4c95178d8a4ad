#include "wsel/optim/adamw_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::optim {
namespace {

void CheckBeta(std::string_view field, double beta) {
  if (beta >= 0 && beta < 1) return;
  throw Error(ErrorKind::kConfig, field, "is {}: must be 0 or more and below 1",
              beta);
}

}  // namespace

void Validate(const AdamWOptions& options) {
  CheckBeta("beta1", options.beta1);
  CheckBeta("beta2", options.beta2);
  CheckNotNegative("eps", options.eps);
  CheckNotNegative("weight_decay", options.weight_decay);
}

bool HasWeightDecay(const TensorSpec& parameter) {
  static constexpr std::array<std::string_view, 4> kExempt = {
      "pos_embed", "cls_token", "dist_token", "reg_token"};
  return parameter.shape.size() > 1 && !parameter.name.ends_with(".bias") &&
         std::ranges::find(kExempt, parameter.name) == kExempt.end();
}

}  // namespace wsel::optim
