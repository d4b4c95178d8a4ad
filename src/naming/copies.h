// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "source_table.h"
#include "wsel/tensor/source.h"

namespace wsel::naming {

// One copy of a model's weights in a file, by the markers of its source.
struct Copy {
  const Source* source = nullptr;
  std::string prefix;       // of plain names (wrappers.h)
  std::string file_prefix;  // as it is in the file
};

// Every copy in the file, each under the first source that fits; at most 64.
// `names`: the plain names of the file's tensors.
std::vector<Copy> FindCopies(const TensorSource& file,
                             const std::vector<std::string>& names);

}  // namespace wsel::naming
