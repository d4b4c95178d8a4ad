#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <memory>
#include <string>

#include "hashed_source.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/optim/named_tensors.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::optim {

inline constexpr int kGoldenSteps = 10;

inline at::Tensor HashedTensor(const std::string& name, const Shape& shape) {
  auto values = Hashed(name, *Numel(shape));
  return at::from_blob(values.data(), shape).clone();
}

// A leaf that is its own copy of `values`.
inline at::Tensor Parameter(const at::Tensor& values) {
  return values.detach().clone().requires_grad_();
}

// PARAMETERS of scripts/golden/optim.py.
inline NamedTensors GoldenParameters() {
  const std::vector<std::pair<std::string, Shape>> shapes = {
      {"pos_embed", {1, 5, 6}},         {"blocks.0.attn.qkv.weight", {18, 6}},
      {"blocks.0.attn.qkv.bias", {18}}, {"blocks.0.conv.weight", {4, 3, 3, 3}},
      {"head.weight", {10, 37}},        {"head.bias", {10}},
  };
  NamedTensors parameters;
  for (const auto& [name, shape] : shapes) {
    parameters.push_back({name, Parameter(HashedTensor(name, shape))});
  }
  return parameters;
}

// As set_gradients there: head.bias has no gradient at odd steps.
inline void SetGradients(const NamedTensors& parameters, int step) {
  for (const auto& [name, parameter] : parameters) {
    if (name == "head.bias" && step % 2 == 1) {
      parameter.mutable_grad().reset();
      continue;
    }
    parameter.mutable_grad() = HashedTensor(
        name + ".grad." + std::to_string(step), parameter.sizes().vec());
  }
}

// The learning rate there.
inline double GoldenRate(int step) { return 1e-3 * step; }

// A file written by scripts/golden/optim.py.
class GoldenTensors {
 public:
  explicit GoldenTensors(const std::string& file)
      : file_(checkpoint::Open(WSEL_SOURCE_DIR "/tests/golden/optim/" + file)) {
  }
  at::Tensor operator[](const std::string& name) const {
    return Borrow(file_->View(name));
  }
  size_t size() const { return file_->Specs().size(); }

 private:
  std::unique_ptr<checkpoint::Checkpoint> file_;
};

// The largest absolute difference, relative to the golden's largest value.
inline double RelativeDifference(const at::Tensor& ours,
                                 const at::Tensor& golden) {
  const double scale = golden.abs().max().item<double>();
  const double difference = (ours.detach() - golden).abs().max().item<double>();
  return scale == 0 ? difference : difference / scale;
}

}  // namespace wsel::optim
