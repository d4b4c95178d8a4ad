#include "wsel/kernels/mlp_branch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fused.h"
#include "tensor_list.h"
#include "tiled_mlp.h"
#include "wsel/kernels/residual.h"

namespace wsel::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct TiledMlp : torch::autograd::Function<TiledMlp> {
  // What backward needs. Blocks keep x and y for other gradients anyway.
  struct Saved {
    MlpArguments arguments;
    at::Tensor hidden;

    std::vector<at::Tensor*> Tensors() {
      auto tensors = arguments.Tensors();
      tensors.push_back(&hidden);
      return tensors;
    }
  };

  // `arguments` once as autograd sees them, and once by name.
  static at::Tensor forward(AutogradContext* context,
                            const at::TensorList& /*tensors*/,
                            const MlpArguments& arguments) {
    Saved saved = {arguments, {}};
    const auto out = MlpForward(arguments, saved.hidden);
    context->save_for_backward(Pack(saved));
    context->saved_data["eps"] = arguments.branch.eps;
    return out;
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& gradients) {
    auto saved = Unpack<Saved>(context->get_saved_variables());
    saved.arguments.branch.eps = context->saved_data["eps"].toDouble();
    auto list = PackWhereDefined(
        MlpBackward(saved.arguments, saved.hidden, gradients[0].contiguous()),
        saved.arguments);
    list.emplace_back();  // of the arguments by name
    return list;
  }
};

at::Tensor ReferenceMlp(const at::Tensor& y, const MlpBranch& p) {
  const auto normed = at::layer_norm(y, p.norm_weight.sizes(), p.norm_weight,
                                     p.norm_bias, p.eps);
  const auto hidden = at::linear(normed, p.fc1_weight, p.fc1_bias);
  const auto activation =
      p.quick_gelu ? hidden * at::sigmoid(1.702 * hidden) : at::gelu(hidden);
  return at::linear(activation, p.fc2_weight, p.fc2_bias);
}

}  // namespace

at::Tensor AddMlpBranch(const at::Tensor& x, const at::Tensor& y,
                        const MlpBranch& p, const at::Tensor& scale) {
  MlpArguments arguments = {x, y, scale, p};
  if (p.quick_gelu || !CanUseFused(PackWhereDefined(arguments, arguments))) {
    return AddBranch(x, ReferenceMlp(y, p), p.gamma, scale);
  }
  arguments.y = y.contiguous();
  const auto tensors = PackWhereDefined(arguments, arguments);
  return TiledMlp::apply(at::TensorList(tensors), arguments);
}

}  // namespace wsel::kernels
