#include "wsel/calibrate/weights.h"

#include <ATen/ATen.h>

namespace wsel::calibrate {

void Weights::Set(const std::string& name, const at::Tensor& value) {
  tensors_[name] = value.to(at::kFloat).contiguous();
}

}  // namespace wsel::calibrate
