#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <string>
#include <vector>

#include "model/hashed_tensors.h"
#include "relative_error.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {

// Residual branches as functions of a list of tensors, and such lists.

using model::HashedNormalTensor;

using Tensors = std::vector<at::Tensor>;
// Computes a branch from its arguments, some of which may be undefined.
using Branch = at::Tensor (*)(const Tensors&);

inline at::Tensor MlpOf(const at::Tensor& y, const Tensors& t) {
  return AddMlpBranch(t[0], y,
                      {{t[2], t[3]}, 1e-6, {t[4], t[5]}, {t[6], t[7]}, t[8]},
                      /*quick_gelu=*/false, t[9]);
}

inline at::Tensor Mlp(const Tensors& t) { return MlpOf(t[1], t); }

// x and y are the same tensor, as in a ViT.
inline at::Tensor VitMlp(const Tensors& t) { return MlpOf(t[0], t); }

inline at::Tensor Attention(const Tensors& t) {
  return AddAttentionBranch(
      t[0], {{t[1], t[2]}, 1e-6, {t[3], t[4]}, {t[5], t[6]}, t[7]},
      /*heads=*/3, t[8]);
}

// The optional arguments to pass.
struct Optional {
  bool gamma = true;
  bool scale = true;
  bool bias = true;  // of qkv
};

// Matrices are scaled to preserve the variance.
inline at::Tensor Parameter(const std::string& name, at::IntArrayRef shape) {
  auto t = HashedNormalTensor(name, shape.vec());
  if (shape.size() == 2) t /= std::sqrt(static_cast<double>(shape[1]));
  return t.requires_grad_();
}

// Drops the branch of images 2, 5, ...
inline at::Tensor DropPath(int64_t images) {
  return at::arange(1, images + 1).remainder(3).to(at::kFloat).mul(0.6);
}

inline Tensors MlpArguments(at::IntArrayRef shape, Optional optional) {
  const int64_t d = shape.back();
  return {Parameter("x", shape),
          Parameter("y", shape),
          Parameter("norm", {d}),
          Parameter("norm_bias", {d}),
          Parameter("fc1", {4 * d, d}),
          Parameter("fc1_bias", {4 * d}),
          Parameter("fc2", {d, 4 * d}),
          Parameter("fc2_bias", {d}),
          optional.gamma ? Parameter("gamma", {d}) : at::Tensor(),
          optional.scale ? DropPath(shape[0]) : at::Tensor()};
}

inline Tensors AttentionArguments(int64_t images, int64_t tokens, int64_t d,
                                  Optional optional) {
  return {Parameter("x", {images, tokens, d}),
          Parameter("norm", {d}),
          Parameter("norm_bias", {d}),
          Parameter("qkv", {3 * d, d}),
          optional.bias ? Parameter("qkv_bias", {3 * d}) : at::Tensor(),
          Parameter("proj", {d, d}),
          Parameter("proj_bias", {d}),
          optional.gamma ? Parameter("gamma", {d}) : at::Tensor(),
          optional.scale ? DropPath(images) : at::Tensor()};
}

inline Tensors InDouble(const Tensors& tensors) {
  Tensors out;
  for (const at::Tensor& t : tensors) {
    out.push_back(
        t.defined()
            ? t.detach().to(at::kDouble).requires_grad_(t.requires_grad())
            : t);
  }
  return out;
}

// Runs forward and backward; returns the output.
inline at::Tensor RunPasses(Branch branch, const Tensors& arguments) {
  const at::Tensor out = branch(arguments);
  const auto cotangent =
      HashedNormalTensor("cotangent", out.sizes().vec()).to(out.dtype());
  (out * cotangent).sum().backward();
  return out.detach();
}

}  // namespace wsel::kernels
