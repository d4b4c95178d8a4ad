// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// Options::skip: components by name and tensors by pattern ('*' matches any
// characters) that are left out of selection.
class Skip {
 public:
  // `tensors` are the student's. Errors: kUsage for a component that is unknown
  // or not in this model, and for a pattern that matches no tensor.
  Skip(const std::vector<std::string>& items,
       const std::vector<MappedTensor>& tensors);

  // The item that matches this tensor, or null.
  const std::string* Match(const MappedTensor& tensor) const;

 private:
  std::vector<std::string> items_;
};

}  // namespace wsel::select
