// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "wsel/model/layout.h"

namespace wsel::select {

// What the user left out of selection: components by name, tensors by pattern
// ('*' stands for any characters).
class Skip {
 public:
  // `items` is Options::skip, `tensors` the student's. Errors: kUsage for a
  // component that is unknown or that the family lacks, and for a pattern that
  // matches no tensor.
  Skip(const std::vector<std::string>& items,
       const std::vector<model::ModelTensor>& tensors);

  // The item that names this tensor, or null.
  const std::string* Match(const model::ModelTensor& tensor) const;

 private:
  std::vector<std::string> items_;
};

}  // namespace wsel::select
