#include "wsel/optim/adamw_options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "wsel/core/check.h"

namespace wsel::optim {

void Validate(const AdamWOptions& options) {
  CheckBelowOne("beta1", options.beta1);
  CheckBelowOne("beta2", options.beta2);
  CheckNotNegative("eps", options.eps);
  CheckNotNegative("weight_decay", options.weight_decay);
}

bool HasWeightDecay(const TensorSpec& parameter) {
  static constexpr std::array<std::string_view, 5> kExempt = {
      "pos_embed", "cls_token", "dist_token", "reg_token", "rope.freqs"};
  return parameter.shape.size() > 1 && !parameter.name.ends_with(".bias") &&
         std::ranges::find(kExempt, parameter.name) == kExempt.end();
}

}  // namespace wsel::optim
