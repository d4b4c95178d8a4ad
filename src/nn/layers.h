#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

namespace wsel::nn {

// The layers of all architectures. Unlike those of torch::nn their parameters
// are not initialised on construction, but by Load or Initialize (build.h).

// y = x W^T + b over the last dimension: [..., in] -> [..., out].
class LinearImpl : public torch::nn::Module {
 public:
  // `conv`: the weight is stored as that of a 1x1 convolution.
  LinearImpl(int64_t in, int64_t out, bool with_bias = true,
             bool conv = false) {
    weight = register_parameter(
        "weight", conv ? at::empty({out, in, 1, 1}) : at::empty({out, in}));
    if (with_bias) bias = register_parameter("bias", at::empty({out}));
  }
  at::Tensor forward(const at::Tensor& x) {
    return at::linear(x, matrix(), bias);
  }
  // The weight as [out, in].
  at::Tensor matrix() const { return weight.flatten(1); }

  at::Tensor weight;  // [out, in], or [out, in, 1, 1]
  at::Tensor bias;    // [out], or undefined
};
TORCH_MODULE(Linear);

// The parameters of a block's MLP, width -> hidden -> width; computed by
// AddMlpBranch.
class MlpImpl : public torch::nn::Module {
 public:
  MlpImpl(int64_t width, int64_t hidden, bool conv = false) {
    fc1 = register_module("fc1", Linear(width, hidden, true, conv));
    fc2 = register_module("fc2", Linear(hidden, width, true, conv));
  }

  Linear fc1 = nullptr;
  Linear fc2 = nullptr;
};
TORCH_MODULE(Mlp);

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
  explicit Conv2dImpl(const Conv2dShape& shape) : shape_(shape) {
    weight = register_parameter(
        "weight", at::empty({shape.out, shape.in / shape.groups, shape.kernel,
                             shape.kernel}));
    if (shape.bias) bias = register_parameter("bias", at::empty({shape.out}));
  }
  at::Tensor forward(const at::Tensor& x) {
    return at::conv2d(x, weight, bias, shape_.stride, shape_.padding,
                      /*dilation=*/1, shape_.groups);
  }

  at::Tensor weight;  // [out, in / groups, kernel, kernel]
  at::Tensor bias;    // [out], or undefined

 private:
  Conv2dShape shape_;
};
TORCH_MODULE(Conv2d);

// Over the last dimension, the channels.
class LayerNormImpl : public torch::nn::Module {
 public:
  LayerNormImpl(int64_t width, double eps) : eps_(eps) {
    weight = register_parameter("weight", at::empty({width}));
    bias = register_parameter("bias", at::empty({width}));
  }
  at::Tensor forward(const at::Tensor& x) {
    return at::layer_norm(x, weight.sizes(), weight, bias, eps_);
  }

  double eps() const { return eps_; }

  at::Tensor weight;  // [width]
  at::Tensor bias;    // [width]

 private:
  double eps_;
};
TORCH_MODULE(LayerNorm);

}  // namespace wsel::nn
