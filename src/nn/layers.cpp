#include "layers.h"

#include <ATen/ATen.h>

namespace wsel::nn {

LinearImpl::LinearImpl(int64_t in, int64_t out, bool with_bias) {
  weight = register_parameter("weight", at::empty({out, in}));
  if (with_bias) bias = register_parameter("bias", at::empty({out}));
}

at::Tensor LinearImpl::forward(const at::Tensor& x) {
  return at::linear(x, weight, bias);
}

PointwiseImpl::PointwiseImpl(int64_t in, int64_t out, bool conv) {
  weight = register_parameter(
      "weight", conv ? at::empty({out, in, 1, 1}) : at::empty({out, in}));
  bias = register_parameter("bias", at::empty({out}));
}

Conv2dImpl::Conv2dImpl(const Conv2dShape& shape) : shape_(shape) {
  weight = register_parameter(
      "weight", at::empty({shape.out, shape.in / shape.groups, shape.kernel,
                           shape.kernel}));
  if (shape.bias) bias = register_parameter("bias", at::empty({shape.out}));
}

at::Tensor Conv2dImpl::forward(const at::Tensor& x) {
  return at::conv2d(x, weight, bias, shape_.stride, shape_.padding,
                    /*dilation=*/1, shape_.groups);
}

LayerNormImpl::LayerNormImpl(int64_t width, double eps) : eps_(eps) {
  weight = register_parameter("weight", at::empty({width}));
  bias = register_parameter("bias", at::empty({width}));
}

at::Tensor LayerNormImpl::forward(const at::Tensor& x) {
  return at::layer_norm(x, weight.sizes(), weight, bias, eps_);
}

}  // namespace wsel::nn
