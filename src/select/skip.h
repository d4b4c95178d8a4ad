// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/model/parameter_specs.h"

namespace wsel::select {

// Options::skip: components by name and tensors by pattern ('*' matches any
// characters) that are left out of selection.
class Skip {
 public:
  // `tensors` are the student's. Errors: kUsage for a component that is unknown
  // or not in this architecture, and for a pattern that matches no tensor.
  Skip(const std::vector<std::string>& items,
       const std::vector<model::ParameterSpec>& tensors);

  // The item that matches this tensor, or null.
  const std::string* Match(const model::ParameterSpec& tensor) const;

 private:
  std::vector<std::string> items_;
};

}  // namespace wsel::select
