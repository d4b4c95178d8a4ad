#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

namespace wsel::nn {

// The layers of both architectures. Unlike those of torch::nn their parameters
// are not initialised on construction, but by Load or Initialize (build.h).

// y = x W^T + b over the last dimension: [..., in] -> [..., out].
class LinearImpl : public torch::nn::Module {
 public:
  LinearImpl(int64_t in, int64_t out, bool with_bias = true);
  at::Tensor forward(const at::Tensor& x);

  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out], or undefined
};
TORCH_MODULE(Linear);

// The parameters of a linear layer, stored as such or as a 1x1 convolution's.
class PointwiseImpl : public torch::nn::Module {
 public:
  // The weight is [out, in, 1, 1] if `conv`, otherwise [out, in].
  PointwiseImpl(int64_t in, int64_t out, bool conv);
  // The weight as [out, in].
  at::Tensor matrix() const { return weight.flatten(1); }

  at::Tensor weight;
  at::Tensor bias;  // [out]
};
TORCH_MODULE(Pointwise);

struct Conv2dShape {
  int64_t in = 0;
  int64_t out = 0;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
  bool bias = true;
};

// [B, in, H, W] -> [B, out, H', W']
class Conv2dImpl : public torch::nn::Module {
 public:
  explicit Conv2dImpl(const Conv2dShape& shape);
  at::Tensor forward(const at::Tensor& x);

  at::Tensor weight;  // [out, in / groups, kernel, kernel]
  at::Tensor bias;    // [out], or undefined

 private:
  Conv2dShape shape_;
};
TORCH_MODULE(Conv2d);

// Over the last dimension, the channels.
class LayerNormImpl : public torch::nn::Module {
 public:
  LayerNormImpl(int64_t width, double eps);
  at::Tensor forward(const at::Tensor& x);

  double eps() const { return eps_; }

  at::Tensor weight;  // [width]
  at::Tensor bias;    // [width]

 private:
  double eps_;
};
TORCH_MODULE(LayerNorm);

}  // namespace wsel::nn
