#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace wsel::train {

// Which of data::Batch::valid are true: positions [V] int64, on the CPU.
inline at::Tensor ValidPositions(const std::vector<bool>& valid) {
  std::vector<int64_t> positions;
  for (size_t i = 0; i < valid.size(); ++i) {
    if (valid[i]) positions.push_back(static_cast<int64_t>(i));
  }
  return at::tensor(positions, at::kLong);
}

}  // namespace wsel::train
