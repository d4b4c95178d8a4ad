#include "wsel/kernels/attention_branch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fused.h"
#include "tensor_list.h"
#include "tiled_attention.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The saved attention matrices grow with the square of the number of tokens:
// above this many, LibTorch's attention, which recomputes them, is better.
constexpr int64_t kMaxTokens = 512;

struct TiledAttention : torch::autograd::Function<TiledAttention> {
  // What backward needs.
  struct Saved {
    AttentionArguments arguments;
    AttentionActivations activations;

    std::vector<at::Tensor*> Tensors() {
      auto tensors = arguments.Tensors();
      for (at::Tensor* t : activations.Tensors()) tensors.push_back(t);
      return tensors;
    }
  };

  // `arguments` once as autograd sees them, and once by name.
  static at::Tensor forward(AutogradContext* context,
                            const at::TensorList& /*tensors*/,
                            const AttentionArguments& arguments) {
    Saved saved = {arguments, {}};
    const auto out = AttentionForward(arguments, saved.activations);
    context->save_for_backward(Pack(saved));
    context->saved_data["heads"] = arguments.branch.heads;
    context->saved_data["eps"] = arguments.branch.eps;
    return out;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    auto saved = Unpack<Saved>(context->get_saved_variables());
    saved.arguments.branch.heads = context->saved_data["heads"].toInt();
    saved.arguments.branch.eps = context->saved_data["eps"].toDouble();
    auto list =
        PackWhereDefined(AttentionBackward(saved.arguments, saved.activations,
                                           gradients[0].contiguous()),
                         saved.arguments);
    list.emplace_back();  // of the arguments by name
    return list;
  }
};

at::Tensor ReferenceAttention(const at::Tensor& x, const AttentionBranch& p) {
  const int64_t b = x.size(0);
  const int64_t n = x.size(1);
  const int64_t d = x.size(2);
  const auto normed = at::layer_norm(x, {d}, p.norm_weight, p.norm_bias, p.eps);
  const auto parts = at::linear(normed, p.qkv_weight, p.qkv_bias)
                         .view({b, n, 3, p.heads, d / p.heads})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0);  // q, k, v [B, heads, N, d]
  const auto y = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  return at::linear(y.transpose(1, 2).reshape({b, n, d}), p.proj_weight,
                    p.proj_bias);
}

// With fewer images than threads some threads would be idle.
bool KeepsThreadsBusy(int64_t images) {
  return images >= at::get_num_threads();
}

}  // namespace

at::Tensor AddAttentionBranch(const at::Tensor& x, const AttentionBranch& p,
                              const at::Tensor& scale) {
  AttentionArguments arguments = {x, scale, p};
  if (x.size(1) > kMaxTokens || !KeepsThreadsBusy(x.size(0)) ||
      !CanUseFused(PackWhereDefined(arguments, arguments))) {
    return AddBranch(x, ReferenceAttention(x, p), p.gamma, scale);
  }
  arguments.x = x.contiguous();
  const auto tensors = PackWhereDefined(arguments, arguments);
  return TiledAttention::apply(at::TensorList(tensors), arguments);
}

}  // namespace wsel::kernels
