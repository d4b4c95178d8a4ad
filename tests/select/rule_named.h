// Torch-free.
#pragma once

#include <string_view>

#include "wsel/select/selection_rule.h"

namespace wsel::select {

inline Method RuleNamed(std::string_view name) {
  return Methods().Find(name, "test");
}

}  // namespace wsel::select
