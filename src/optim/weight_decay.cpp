#include "weight_decay.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace wsel::optim {
namespace {

constexpr std::array<std::string_view, 4> kExempt = {"pos_embed", "cls_token",
                                                     "dist_token", "reg_token"};

}  // namespace

bool HasWeightDecay(const TensorSpec& parameter) {
  if (parameter.shape.size() <= 1) return false;
  if (parameter.name.ends_with(".bias")) return false;
  return std::ranges::find(kExempt, parameter.name) == kExempt.end();
}

}  // namespace wsel::optim
