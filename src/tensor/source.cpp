#include "wsel/tensor/source.h"

#include <algorithm>

namespace wsel {

const TensorSpec* TensorSource::Find(std::string_view name) const {
  const auto& specs = Specs();
  const auto at = std::find_if(specs.begin(), specs.end(),
                               [&](const auto& s) { return s.name == name; });
  return at == specs.end() ? nullptr : &*at;
}

}  // namespace wsel
