// Torch-free.
#pragma once

#include "wsel/model/init.h"

namespace wsel::model {

// What timm's initialisers are made of.

inline constexpr double kStd = 0.02;
inline constexpr double kTimmBound = 2;  // absolute, that is 100 std

inline Init Constant(double value) { return {InitKind::kConstant, value}; }
inline Init TruncNormal(double std, double bound) {
  return {InitKind::kTruncNormal, std, bound};
}

inline bool IsWeight(const ParameterSpec& parameter) {
  return parameter.spec.name.ends_with(".weight");
}

}  // namespace wsel::model
