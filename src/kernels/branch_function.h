#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "fused.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {

// The arguments of a residual branch, or their gradients. Autograd functions
// take, save and return tensors by their place in a list: that in Tensors().
struct BranchArguments {
  at::Tensor x;      // [B, ..., D]
  at::Tensor y;      // shaped as x; undefined for attention
  at::Tensor scale;  // [B] or undefined
  ResidualBranch branch;
  int64_t heads = 0;  // of attention

  std::vector<at::Tensor*> Tensors() {
    return {&x,
            &y,
            &scale,
            &branch.norm.weight,
            &branch.norm.bias,
            &branch.inner.weight,
            &branch.inner.bias,
            &branch.outer.weight,
            &branch.outer.bias,
            &branch.gamma};
  }
};

// Those tensors of `values` that are defined in their places of `arguments`:
// autograd accepts only defined arguments, and wants one gradient for each.
inline std::vector<at::Tensor> WhereDefined(BranchArguments values,
                                            BranchArguments arguments) {
  std::vector<at::Tensor> list;
  const auto given = arguments.Tensors();
  const auto tensors = values.Tensors();
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (given[i]->defined()) list.push_back(*tensors[i]);
  }
  return list;
}

// Both passes of a branch, written by hand for contiguous float32 tensors on
// the CPU. `Pass` has
//   // Returns the result, shaped as x, and appends to `saved` what backward
//   // needs again.
//   static at::Tensor Forward(const BranchArguments& arguments,
//                             std::vector<at::Tensor>& saved);
//   // The gradients of all arguments but scale, from that of the result.
//   static BranchArguments Backward(const BranchArguments& arguments,
//                                   const std::vector<at::Tensor>& saved,
//                                   const at::Tensor& gradient);
//   // The result of Forward, bit for bit, where no backward pass follows: it
//   // keeps the values of one tile a thread instead of all.
//   static at::Tensor Evaluate(const BranchArguments& arguments);
template <typename Pass>
struct BranchFunction : torch::autograd::Function<BranchFunction<Pass>> {
  // `arguments` once as autograd sees them, and once by name.
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::TensorList& /*tensors*/,
                            BranchArguments arguments) {
    std::vector<at::Tensor> saved;
    auto out = Pass::Forward(arguments, saved);
    for (const at::Tensor* t : arguments.Tensors()) saved.push_back(*t);
    context->save_for_backward(std::move(saved));
    context->saved_data["heads"] = arguments.heads;
    context->saved_data["eps"] = arguments.branch.eps;
    return out;
  }

  static std::vector<at::Tensor> backward(
      torch::autograd::AutogradContext* context,
      const std::vector<at::Tensor>& gradients) {
    BranchArguments arguments;
    arguments.heads = context->saved_data["heads"].toInt();
    arguments.branch.eps = context->saved_data["eps"].toDouble();
    const auto saved = context->get_saved_variables();
    const auto tensors = arguments.Tensors();
    for (size_t i = 0; i < tensors.size(); ++i) {
      *tensors[i] = saved[saved.size() - tensors.size() + i];
    }
    auto list = WhereDefined(
        Pass::Backward(arguments, saved, gradients[0].contiguous()), arguments);
    list.emplace_back();  // of the arguments by name
    return list;
  }
};

// The result for `arguments`, in which the input of the norm is contiguous.
template <typename Pass>
at::Tensor ApplyByHand(const BranchArguments& arguments) {
  const auto tensors = WhereDefined(arguments, arguments);
  if (!NeedsGradient(tensors)) return Pass::Evaluate(arguments);
  return BranchFunction<Pass>::apply(at::TensorList(tensors), arguments);
}

}  // namespace wsel::kernels
